import { printableData, printableLines } from '../../domain/text/printable.ts';

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

/** Paths, names and subjects come from files that others wrote, and must not steer a terminal. */
export const scrub = printableData;

/** As `scrub` for one text that may have several lines. */
export const scrubLines = printableLines;
