// Which points are tried, by how many workers, and the figures.
import { makeGround } from './ground.ts';
import type { CrashPlan } from './plans.ts';
import { pointsOf, type Signal, type Try, tryAt } from './try.ts';

export type Figures = {
  plan: string;
  points: number;
  tried: number;
  recovered: number;
  seconds: number;
  terms: number;
  powers: number;
};

export type MatrixOptions = {
  /** Picks the points that are tried, out of all; each is a number from 1. */
  choose: (points: string[]) => number[];
  /** Of the points tried, each so-many-th is tried with second kills and with SIGTERM, too; 0: none, nor a power loss. */
  stride: number;
  workers: number;
  /** Of second kills' points. */
  seed: number;
  failed: (line: string) => void;
  progress?: (line: string) => void;
};

type Job = { at: number; signal: Signal; seconds: number };

export async function crash(plan: CrashPlan, options: MatrixOptions): Promise<Figures> {
  const grounds = await Promise.all(Array.from({ length: options.workers }, () => makeGround(plan)));
  const figures: Figures = { plan: plan.name, points: 0, tried: 0, recovered: 0, seconds: 0, terms: 0, powers: 0 };
  try {
    const points = await pointsOf(grounds[0]!);
    figures.points = points.length;
    const random = randomFrom(options.seed);
    const jobs = jobsOf(options.choose(points), points, options);
    await Promise.all(
      grounds.map(async (ground) => {
        for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
          const { at, signal } = job;
          const first = await tryAt(ground, at, { signal });
          count(first, job, figures, options);
          for (let n = 0; n < job.seconds; n += 1) {
            const second = 1 + Math.floor(random() * first.points);
            count(await tryAt(ground, at, { second }), job, figures, options);
            figures.seconds += 1;
          }
          options.progress?.(`${plan.name}: ${figures.tried} tried, ${jobs.length} points left`);
        }
      }),
    );
  } finally {
    await Promise.all(grounds.map((ground) => ground.remove()));
  }
  return figures;
}

/** A power loss and a kill differ where something is about to be synced, and where a child exits. */
function jobsOf(chosen: number[], points: string[], { stride }: MatrixOptions): Job[] {
  return chosen.flatMap((at, index): Job[] => {
    const more = stride > 0 && index % stride === stride - 1;
    const jobs: Job[] = [{ at, signal: 'SIGKILL', seconds: more ? 2 : 0 }];
    if (more) jobs.push({ at, signal: 'SIGTERM', seconds: 0 });
    if (stride > 0 && /^(sync|rename|after the end)/.test(points[at - 1] ?? ''))
      jobs.push({ at, signal: 'POWER', seconds: 0 });
    return jobs;
  });
}

function count({ faults, point, second }: Try, { at, signal }: Job, figures: Figures, options: MatrixOptions): void {
  figures.tried += 1;
  if (signal === 'SIGTERM') figures.terms += 1;
  if (signal === 'POWER') figures.powers += 1;
  if (faults.length === 0) figures.recovered += 1;
  const where = `${figures.plan}, point ${at} (${point === null ? 'not reached' : inShort(point)})${signal === 'SIGKILL' ? '' : ` by ${signal}`}`;
  const again = second === null ? '' : `, then ${inShort(second)}`;
  for (const { what, detail } of faults) options.failed(`${where}${again}: ${what}: ${detail}`);
}

/** Without the two pages of properties of a transient unit. */
const inShort = (point: string): string => point.replaceAll(/--property=\S+ /g, '');

/** The same calls on other files, and other plans' names, are one kind of point. */
export function kindOf(point: string): string {
  return (
    point
      .replaceAll(/\d{8}T\d{6}Z(-\d+)?/g, 'PLAN')
      .replaceAll(/\/files\/\S*/g, '/files/…')
      // Copies of a rehearsal lie in a directory of its own, and go with it.
      .replace(/^copyFile \S+ \S+\/rehearsals\/\S*/, 'copyFile … COPY')
      .replaceAll(/\S*\/rehearsals\/[0-9a-f]{12}\/\S*/g, 'COPY')
      .replaceAll(/\b(rehearsals\/|certagent-rehearsal-)[0-9a-f]{12}/g, '$1ID')
      .replaceAll(/\d{15}-[\w-]+\.json/g, '….json')
      .replaceAll(/certs renew \S+/g, 'certs renew …')
      .replaceAll(/\/(etc|var\/lib\/rancher)\/\S+\.(crt|key|conf|json)/g, '/$1/….$2')
  );
}

/** Of each kind of point `most`, evenly spread; the first and the last of all always. */
export function ofEachKind(points: string[], most: number): number[] {
  // Until the journal's first record nothing is begun: what was called there matters less.
  const begun = points.findIndex((point) => point.startsWith('appendFile'));
  const kinds = new Map<string, number[]>();
  for (const [index, point] of points.entries()) {
    const kind = index < begun ? `early ${/^\w+/.exec(point)?.[0]}` : kindOf(point);
    kinds.set(kind, [...(kinds.get(kind) ?? []), index + 1]);
  }
  const chosen = new Set([1, points.length]);
  for (const places of kinds.values())
    for (let n = 0; n < Math.min(most, places.length); n += 1)
      chosen.add(places[Math.floor(((n + 0.5) * places.length) / Math.min(most, places.length))]!);
  return [...chosen].sort((a, b) => a - b);
}

/** `most` of them, evenly spread, the first and the last always. */
export function evenly<T>(all: T[], most: number): T[] {
  if (all.length <= most) return all;
  return Array.from({ length: most }, (_, n) => all[Math.round((n * (all.length - 1)) / (most - 1))]!);
}

/** mulberry32: a failure can be tried again. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export function inWords({ plan, points, tried, recovered, seconds, terms, powers }: Figures): string {
  return `${plan}: ${points} points; ${tried} tried (${seconds} killed twice, ${terms} by SIGTERM, ${powers} by power loss), ${recovered} recovered`;
}
