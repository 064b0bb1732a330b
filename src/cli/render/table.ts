import { stripVTControlCharacters } from 'node:util';
import { type Paint, plain, type Style } from './paint.ts';
import { distinct, shortened } from './shorten.ts';

export type Cell = { text: string; style?: Style };
export type Column = { title: string; align?: 'right' };

/**
 * An aligned table without lines. Where `width` columns do not hold it, the last column goes on in lines below itself, and
 * the widest of the others keeps only the ends of its texts. No two names in the first column ever look alike.
 */
export function table(
  columns: Column[],
  rows: Cell[][],
  options: { paint?: Paint; width?: number; indent?: string } = {},
): string {
  const { paint = plain, width = Number.POSITIVE_INFINITY, indent = '' } = options;
  const last = columns.length - 1;
  const widths = widthsOf(columns, rows, width - indent.length);
  const left = indent.length + widths.slice(0, last).reduce((sum, each) => sum + each + GAP.length, 0);
  const room = Math.max(width - left, NARROWEST);
  const names = distinct(
    rows.map(([first]) => first?.text ?? ''),
    widths[0] ?? 0,
  );
  const named = (cells: Cell[]) =>
    cells.map((cell, at) => (at === 0 && last > 0 ? { ...cell, text: names.get(cell.text) ?? cell.text } : cell));
  const line = (cells: Cell[]) => {
    const head = cells
      .slice(0, last)
      .map((cell, at) => pad(cell, widths[at] ?? 0, columns[at], paint) + GAP)
      .join('');
    const [first = '', ...more] = wrap(cells[last]?.text ?? '', room);
    const style = cells[last]?.style;
    const tint = (text: string) => (style === undefined ? text : paint(style, text));
    return [`${indent}${head}${tint(first)}`.trimEnd(), ...more.map((text) => ' '.repeat(left) + tint(text))].join(
      '\n',
    );
  };
  const titles = columns.map(({ title }): Cell => ({ text: title, style: 'bold' }));
  return [...(columns.some(({ title }) => title !== '') ? [titles] : []), ...rows.map(named)].map(line).join('\n');
}

const GAP = '  ';
const NARROWEST = 24;

/** Whether the table fits into `width`, and what is left of the names in its first column still tells its rows apart. */
export function isLegible(columns: Column[], rows: Cell[][], width: number): boolean {
  const widths = widthsOf(columns, rows, width);
  const before = widths.slice(0, -1).reduce((sum, each) => sum + each + GAP.length, 0);
  const names = new Set(rows.map(([first]) => first?.text ?? ''));
  const shown = new Set([...names].map((name) => shortened(name, widths[0] ?? 0)));
  return before + NARROWEST <= width && shown.size === names.size;
}

function widthsOf(columns: Column[], rows: Cell[][], width: number): number[] {
  const last = columns.length - 1;
  const widths = columns.map(({ title }, at) =>
    Math.max(title.length, ...rows.map((row) => row[at]?.text.length ?? 0)),
  );
  fit(widths, last, width - GAP.length * last - NARROWEST);
  return widths;
}

/** Narrows the widest of the columns before the last until they fit into `room`, or it cannot be read any more. */
function fit(widths: number[], last: number, room: number): void {
  const before = widths.slice(0, last);
  const excess = before.reduce((sum, each) => sum + each, 0) - room;
  const widest = Math.max(...before);
  if (excess > 0 && last > 0) widths[before.indexOf(widest)] = Math.max(widest - excess, LEAST);
}

const LEAST = 12;

function pad(cell: Cell, width: number, column: Column | undefined, paint: Paint): string {
  const shown = shortened(cell.text, width);
  const fill = ' '.repeat(width - shown.length);
  const text = cell.style === undefined ? shown : paint(cell.style, shown);
  return column?.align === 'right' ? fill + text : text + fill;
}

/** Lines of at most `width` columns, broken at blanks where there are some. */
export function wrap(text: string, width: number): string[] {
  if (text.length <= width) return [text];
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const blank = rest.lastIndexOf(' ', width);
    const at = blank > 0 ? blank : width;
    lines.push(rest.slice(0, at));
    rest = rest.slice(at).trimStart();
  }
  return rest === '' ? lines : [...lines, rest];
}

/** A line of prose, perhaps coloured, in lines of at most `width` columns; those after the first are indented. */
export function fold(line: string, width: number): string {
  const seen = (text: string) => stripVTControlCharacters(text).length;
  if (seen(line) <= width) return line;
  const indent = `${/^ */.exec(line)?.[0] ?? ''}  `;
  const lines = [''];
  for (const word of line.split(/(?<=\S) +/)) {
    const last = lines.at(-1) ?? '';
    if (last === '') lines[lines.length - 1] = word;
    else if (seen(last) + 1 + seen(word) <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(indent + word);
  }
  return lines.join('\n');
}
