import { styleText } from 'node:util';
import { printableData, printableLines } from '../../domain/text/printable.ts';

export type Style = 'red' | 'yellow' | 'green' | 'dim' | 'bold';

/** Colours a text, or leaves it. Colour is never the only sign: the words say the same. */
export type Paint = (style: Style, text: string) => string;

export const plain: Paint = (_style, text) => text;

/** Whether to colour was decided before (context.ts), once for all of the output. */
export const paintWith: Paint = (style, text) => (text === '' ? '' : styleText(style, text, { validateStream: false }));

/** Paths, names and subjects come from files that others wrote, and must not steer a terminal. */
export const scrub = printableData;

/** As `scrub` for one text that may have several lines. */
export const scrubLines = printableLines;
