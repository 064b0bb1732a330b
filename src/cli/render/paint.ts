export type Style = 'red' | 'yellow' | 'green' | 'dim' | 'bold';

/** Colours a text, or leaves it. Colour is never the only sign: the words say the same. */
export type Paint = (style: Style, text: string) => string;

const CODES: Record<Style, [number, number]> = {
  red: [31, 39],
  yellow: [33, 39],
  green: [32, 39],
  dim: [2, 22],
  bold: [1, 22],
};

export const plain: Paint = (_style, text) => text;

export const paintWith: Paint = (style, text) => {
  const [on, off] = CODES[style];
  return text === '' ? '' : `\u001b[${on}m${text}\u001b[${off}m`;
};

/**
 * The same data with every control character and every character that reorders text replaced: paths, names and subjects
 * come from files that others wrote, and must not steer a terminal.
 */
export function scrub<T>(data: T): T {
  if (typeof data === 'string') return data.replace(UNSAFE, '\u{fffd}') as T;
  if (Array.isArray(data)) return data.map(scrub) as T;
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, scrub(value)])) as T;
}

/** As `scrub` for one text that may have several lines. */
export function scrubLines(text: string): string {
  return text.split('\n').map(scrub).join('\n');
}

const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
