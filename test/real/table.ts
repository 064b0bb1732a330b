// The scenes as a table, and each K3s's renewals against its bare restart.
import type { Outcome } from './play.ts';

export type Row = { scene: string; version: string } & Outcome;

const HEAD = ['SCENE', 'VERSION', 'RESULT', 'API AWAY', 'WHOLE'];

export function table(rows: readonly Row[]): string {
  const cells = rows.map(({ scene, version, problems, result, away, whole }) => [
    scene,
    version,
    problems.length === 0 ? result : `FAILED: ${short(problems[0]!)}`,
    seconds(away),
    seconds(whole),
  ]);
  const widths = HEAD.map((head, column) => Math.max(head.length, ...cells.map((row) => row[column]!.length)));
  const line = (row: string[]) =>
    row
      .map((cell, column) => (column < 3 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd();
  return [HEAD, ...cells].map(line).join('\n');
}

/** A problem may hold a log. */
function short(problem: string): string {
  const line = problem.split('\n')[0]!;
  return line.length > 100 ? `${line.slice(0, 99)}…` : line;
}

function seconds(value: number | null): string {
  return value === null ? '-' : `${value.toFixed(1)} s`;
}
