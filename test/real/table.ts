// The scenes as a table, and each K3s's renewals against its bare restart.
import type { Outcome } from './play.ts';

export type Row = { scene: string; version: string } & Outcome;

/** The scenes that are compared. */
export const BARE_RESTART = 'a bare restart, for comparison';
export const RENEWAL = 'a renewal';

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

/** Each K3s's renewal against its bare restart: a line each. The settling time is certagent's own wait for a late exit. */
export function ratios(rows: readonly Row[], settling: number): string[] {
  return [...new Set(rows.map(({ version }) => version))].flatMap((version) => {
    const of = (scene: string) => rows.find((row) => row.version === version && row.scene === scene);
    const [bare, renewal] = [of(BARE_RESTART), of(RENEWAL)];
    if (bare?.away == null || bare.whole == null || renewal?.away == null || renewal.whole == null) return [];
    const away = (renewal.away / bare.away).toFixed(2);
    const whole = ((renewal.whole - settling) / bare.whole).toFixed(2);
    return [`${version}: API away ${away} ×, whole ${whole} × a bare restart, without ${settling} s of settling`];
  });
}

/** A problem may hold a log. */
function short(problem: string): string {
  const line = problem.split('\n')[0]!;
  return line.length > 100 ? `${line.slice(0, 99)}…` : line;
}

function seconds(value: number | null): string {
  return value === null ? '-' : `${value.toFixed(1)} s`;
}
