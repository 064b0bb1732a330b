const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** The text as HTML shows it, between elements and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/** The three characters that Slack and Telegram give a meaning. */
export function escapeAngles(text: string): string {
  return text.replace(/[&<>]/g, (character) => ENTITIES[character]!);
}
