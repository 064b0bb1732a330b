import type { History } from '../model/decision.ts';
import { day } from '../time/day.ts';

/** What says nothing about the way: certagent was stopped, others were at work, or a restart would not have been good either. */
const OF_OTHERS = ['INTERRUPTED', 'PRECONDITION_LOST', 'REHEARSAL_FAILED', 'SUPERVISOR_AWAY'];

/** Why this node is not tried once more while it runs: that has failed since its last renewal. null: it has not. */
export function failedInPlace(history: History | undefined): string | null {
  const attempts = history?.attempts ?? [];
  const since = attempts.slice(1 + attempts.findLastIndex(({ result }) => result === 'succeeded'));
  const failed = since.findLast(
    ({ inPlace, result, error }) =>
      inPlace === true && result !== 'unfinished' && !OF_OTHERS.includes(error?.code ?? 'UNKNOWN'),
  );
  if (failed === undefined) return null;
  return `that failed without a restart on ${day(failed.startedAt)} (${failed.error?.code ?? 'UNKNOWN'})`;
}
