import { type Paint, plain, type Style } from './paint.ts';

export type Cell = { text: string; style?: Style };
export type Column = { title: string; align?: 'right' };

/**
 * An aligned table without lines. Only the last column gives way when `width` columns do not hold the rest: it goes on in
 * lines of its own below itself.
 */
export function table(
  columns: Column[],
  rows: Cell[][],
  options: { paint?: Paint; width?: number; indent?: string } = {},
): string {
  const { paint = plain, width = Number.POSITIVE_INFINITY, indent = '' } = options;
  const last = columns.length - 1;
  const widths = columns.map(({ title }, at) =>
    Math.max(title.length, ...rows.map((row) => row[at]?.text.length ?? 0)),
  );
  const left = indent.length + widths.slice(0, last).reduce((sum, each) => sum + each + GAP.length, 0);
  const room = Math.max(width - left, NARROWEST);
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
  return [...(columns.some(({ title }) => title !== '') ? [titles] : []), ...rows].map(line).join('\n');
}

const GAP = '  ';
const NARROWEST = 24;

function pad(cell: Cell, width: number, column: Column | undefined, paint: Paint): string {
  const fill = ' '.repeat(Math.max(width - cell.text.length, 0));
  const text = cell.style === undefined ? cell.text : paint(cell.style, cell.text);
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
