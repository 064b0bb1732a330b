import type { JournalRecord, PlanOutcome } from '../../domain/model/journal.ts';

/**
 * How the last plan ended, where the agent was killed after its end and before it could report it; else null. An earlier
 * process wrote it, so what only that one knew (the remedy) is missing.
 */
export function untoldOutcome(records: JournalRecord[]): PlanOutcome | null {
  let untold: PlanOutcome | null = null;
  let restores: { restores?: string } = {};
  for (const record of records) {
    if (record.type === 'plan-started')
      restores = record.plan.restores === undefined ? {} : { restores: record.plan.restores };
    if (record.type === 'plan-ended') {
      const { planId, result, granted, reported } = record;
      const error = record.error === null ? null : { ...record.error, remedy: null };
      // Only what was kept is granted by a plan that failed.
      untold = {
        planId,
        ...restores,
        result,
        keptNew: result === 'failed' && granted.length > 0,
        error,
        granted,
        ...(reported === undefined ? {} : { reported }),
      };
    } else if (record.type === 'step-failed' && untold !== null) {
      // Of what follows a failed plan.
      const { reported = [] }: PlanOutcome = untold;
      untold.reported = [...reported, record.error];
    } else if (record.type === 'plan-told' || record.type === 'plan-started' || isUnknownStart(record)) untold = null;
  }
  return untold;
}

function isUnknownStart(record: JournalRecord): boolean {
  return record.type === 'unknown' && record.recordType === 'plan-started';
}
