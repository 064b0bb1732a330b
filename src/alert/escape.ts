const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** As text of HTML, and as the value of an attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/** The three characters that Slack and Telegram give a meaning. */
export function escapeAngles(text: string): string {
  return text.replace(/[&<>]/g, (character) => ENTITIES[character]!);
}

/** At most so many UTF-16 units, the mark of the cut included; no character is cut in two. */
export function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** The longest beginning of the text that still fits once it is escaped: cutting afterwards could cut an entity in two. */
export function cutEscaped(text: string, escaped: (text: string) => string, most: number, size = lengthOf): string {
  for (let length = text.length; ; length = Math.floor(length * 0.9)) {
    const shown = escaped(cut(text, Math.max(length, 1)));
    if (size(shown) <= most || length <= 1) return shown;
  }
}

const lengthOf = (text: string): number => text.length;
