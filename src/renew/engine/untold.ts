import type { JournalRecord, PlanOutcome } from '../../domain/model/journal.ts';

/**
 * How the last plan ended, where the agent was killed after its end and before that was told; else null. Of an earlier
 * process, so without what only that one knew (the remedy).
 */
export function untoldOutcome(records: JournalRecord[]): PlanOutcome | null {
  let untold: PlanOutcome | null = null;
  for (const record of records) {
    if (record.type === 'plan-ended') {
      const { planId, result, granted } = record;
      const error = record.error === null ? null : { ...record.error, remedy: null };
      // Only what was kept is granted by a plan that failed.
      untold = { planId, result, keptNew: result === 'failed' && granted.length > 0, error, granted };
    } else if (record.type === 'plan-told' || record.type === 'plan-started') untold = null;
  }
  return untold;
}
