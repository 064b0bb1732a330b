/** Prints rows under a title, columns aligned; the first column to the left, numbers to the right. */
export function printTable(title: string, head: string[], rows: string[][], notes: string[] = []): void {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const line = (row: string[]) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd();
  console.log(title);
  console.log(`  ${line(head)}`);
  console.log(`  ${widths.map((width) => '-'.repeat(width)).join('  ')}`);
  for (const row of rows) console.log(`  ${line(row)}`);
  for (const note of notes) console.log(`  ${note}`);
  console.log('');
}

export const milliseconds = (value: number): string =>
  value < 1_000 ? `${value.toFixed(0)} ms` : `${(value / 1_000).toFixed(1)} s`;
export const mebibytes = (value: number): string => `${value.toFixed(1)} MiB`;
export const ratio = (ours: number, theirs: number): string => {
  const value = ours / theirs;
  return `× ${value < 0.1 ? value.toFixed(3) : value < 10 ? value.toFixed(2) : value.toFixed(0)}`;
};
