// What scenes are made of: a K3s in some state, a certagent that renews it, and what was measured meanwhile.
import { setTimeout as sleep } from 'node:timers/promises';
import type { JournalRecord } from '../../src/domain/model/journal.ts';
import type { Machine } from '../e2e/machine.ts';
import { journal, status } from '../e2e/support.ts';
import { ageLeaves } from './aging.ts';
import { type RealNode, reset, startK3s } from './k3s.ts';
import { Probe } from './probe.ts';
import { problemsOf } from './proof.ts';

/** `result`: what came of it, in words. `away`, `whole`: seconds without the API, seconds of the whole; null: not measured. */
export type Outcome = { problems: string[]; result: string; away: number | null; whole: number | null };
export type Scene = { name: string; play: (node: RealNode) => Promise<Outcome> };

/** Longer than the limits of all steps that a renewal can need. */
export const RENEWAL_LIMIT = 900_000;

/** A renewal of these is urgent, so that it starts with certagent. */
const DUE = 25;

/** A running K3s whose leaves are due, or expired `-days` ago; `more` of certagent's configuration; `prepare`: before K3s starts. */
export async function due(
  node: RealNode,
  days = DUE,
  more = '',
  prepare: (machine: Machine) => void = () => {},
): Promise<void> {
  await reset(node, more);
  prepare(node.machine);
  await startK3s(node.machine);
  await ageLeaves(node.machine, days);
}

/** certagent starts, and renews without being asked. */
export async function renewed(node: RealNode, result = 'renewed'): Promise<Outcome> {
  const { away } = await measured(node, async () => {
    await startCertagent(node);
    await over(node);
  });
  const problems = await problemsOf(node.machine, 'watched');
  return { problems, result, away, whole: wholeOf(journal(node)) };
}

export async function startCertagent({ machine }: RealNode): Promise<void> {
  await machine.must('systemctl', 'start', 'certagent');
}

/**
 * Waits until a plan has an outcome, or nothing is due, and nothing runs; what is not so by then the proof reports. Each
 * question starts a program, and would slow down what is measured: it is asked seldom.
 */
export async function over(node: Pick<RealNode, 'machine'>): Promise<void> {
  const end = Date.now() + RENEWAL_LIMIT;
  for (let round = 1; Date.now() < end; round++) {
    await sleep(250);
    const hasEnded = journal(node).some(({ type }) => type === 'plan-ended');
    if (!hasEnded && round % 40 !== 0) continue;
    const report = await status(node).catch(() => null);
    if (report === null || report.running !== null || report.nextCheckAt === null) continue;
    if (hasEnded || report.renewal.kind === 'none') return;
  }
}

/** `away`: seconds without the API; `took`: seconds. */
export async function measured(
  { machine, client }: RealNode,
  act: () => Promise<unknown>,
): Promise<{ away: number; took: number }> {
  const probe = new Probe();
  await probe.start(machine, client);
  const startedAt = Date.now();
  let took = 0;
  let away = 0;
  try {
    await act();
    took = (Date.now() - startedAt) / 1_000;
    // The first good answer after a gap ends it.
    await sleep(2_000);
  } finally {
    away = await probe.stop();
  }
  return { away, took };
}

/** Seconds from the start of the first plan to the outcome of the last; null while there is none. */
export function wholeOf(records: readonly JournalRecord[]): number | null {
  const [first, last] = [
    records.find(({ type }) => type === 'plan-started'),
    records.findLast(({ type }) => type === 'plan-ended'),
  ];
  return first === undefined || last === undefined ? null : (last.at - first.at) / 1_000;
}
