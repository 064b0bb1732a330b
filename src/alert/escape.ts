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
