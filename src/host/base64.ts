/**
 * base64 as Go's `base64.StdEncoding` decodes it, which reads PEM bodies and the `*-data` of kubeconfigs: line breaks are
 * ignored wherever they are, padding is required, and no other character is allowed. null for anything else.
 */
export function decodeBase64(text: string): Buffer | null {
  const packed = /[\r\n]/.test(text) ? text.replace(/[\r\n]+/g, '') : text;
  if (packed.length % 4 !== 0) return null;
  const padding = packed.endsWith('==') ? 2 : packed.endsWith('=') ? 1 : 0;
  // One class and no repetition: no text makes the expression backtrack.
  if (/[^A-Za-z0-9+/]/.test(packed.slice(0, packed.length - padding))) return null;
  return Buffer.from(packed, 'base64');
}
