import { stripVTControlCharacters } from 'node:util';

/**
 * The beginning of a text that fits into a window, and a line that says how much is left out: what is most urgent is at the
 * top of a status, and a terminal would scroll just that away.
 */
export function inWindow(text: string, { width, height }: { width: number; height: number }): string {
  const lines = text.trimEnd().split('\n');
  const rows = (line: string) => Math.max(1, Math.ceil(stripVTControlCharacters(line).length / width));
  const all = lines.reduce((sum, line) => sum + rows(line), 0);
  if (all <= height) return lines.join('\n');
  const note = (left: number) => `(${left} more ${left === 1 ? 'line' : 'lines'}: certagent status)`;
  const shown: string[] = [];
  let room = height - rows(note(lines.length));
  for (const line of lines) {
    room -= rows(line);
    if (room < 0) break;
    shown.push(line);
  }
  return [...shown, note(lines.length - shown.length)].slice(-Math.max(height, 1)).join('\n');
}
