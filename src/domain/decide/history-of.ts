import type { Instant } from '../model/certificate.ts';
import type { Attempt, History, Policy } from '../model/decision.ts';
import type { JournalRecord, UnknownRecord } from '../model/journal.ts';
import { isInPlace } from '../plan/plan-parts.ts';
import { backOff } from '../time/back-off.ts';
import { DAY, MINUTE } from '../time/duration.ts';

/** A plan of another version whose name cannot be read. */
const UNNAMED = 'unknown';

/** The attempts in a journal, oldest first; a plan without an outcome is `unfinished`. */
export function historyOf(records: JournalRecord[]): History {
  const attempts = new Map<string, Attempt>();
  for (const record of records) {
    if (record.type === 'plan-started') {
      attempts.set(record.plan.id, {
        planId: record.plan.id,
        startedAt: record.at,
        endedAt: null,
        result: 'unfinished',
        trigger: record.trigger,
        ...(record.plan.restores === undefined ? {} : { restores: record.plan.restores }),
        ...(isInPlace(record.plan) ? { inPlace: true as const } : {}),
        error: null,
        granted: [],
      });
    } else if (record.type === 'unknown') {
      const known = attempts.get(record.planId ?? '') ?? [...attempts.values()].at(-1);
      const attempt = record.recordType === 'plan-started' ? ofAnotherVersion(record) : known;
      // It belongs to the running plan; without one it says nothing about a renewal.
      if (attempt?.result === 'unfinished') attempts.set(attempt.planId, withUnknown(attempt, record));
    } else if (record.type === 'plan-ended') {
      const started = attempts.get(record.planId) ?? attempts.get(UNNAMED);
      if (started === undefined) continue; // its beginning was lost with an older journal
      const { result, error, granted } = record;
      attempts.set(started.planId, { ...started, endedAt: record.at, result, error, granted });
    }
  }
  return { attempts: [...attempts.values()] };
}

function ofAnotherVersion({ at, planId }: UnknownRecord): Attempt {
  return {
    planId: planId ?? UNNAMED,
    startedAt: at,
    endedAt: null,
    result: 'unfinished',
    trigger: 'schedule',
    error: null,
    granted: [],
  };
}

/** An outcome that cannot be read is an outcome: nothing is left to finish, and nothing shows that it succeeded. */
function withUnknown(attempt: Attempt, { at, recordType, word }: UnknownRecord): Attempt {
  const ended = recordType === 'plan-ended' ? { endedAt: at, result: 'failed' as const } : {};
  return { ...attempt, ...ended, unknown: attempt.unknown ?? word };
}

const FIRST_BACK_OFF = 15 * MINUTE;

/**
 * When the next automatic attempt is allowed; an instant in the past means at once. After failures the wait doubles from
 * 15 minutes to a day, and within any 24 hours there are at most `triesPerDay` automatic attempts.
 */
export function nextTryAt(history: History, policy: Pick<Policy, 'triesPerDay'>, now: Instant): Instant {
  // An attempt in the future was written under a wrong clock, and must not delay renewals until then.
  const attempts = history.attempts.filter(({ startedAt, restores }) => startedAt <= now && restores === undefined);
  return Math.max(backOffUntil(attempts), dayIsFullUntil(attempts, policy.triesPerDay));
}

/** What only was interrupted has not failed. An agent that dies in each renewal is stopped by `triesPerDay`. */
export const isInterrupted = ({ error }: Pick<Attempt, 'error'>): boolean => error?.code === 'INTERRUPTED';

function backOffUntil(all: Attempt[]): Instant {
  const attempts = all.filter((attempt) => !isInterrupted(attempt));
  const last = attempts.at(-1);
  if (last === undefined || last.result === 'succeeded') return 0;
  const failures = attempts.length - 1 - attempts.findLastIndex((attempt) => attempt.result === 'succeeded');
  return (last.endedAt ?? last.startedAt) + backOff(failures, { first: FIRST_BACK_OFF, most: DAY });
}

function dayIsFullUntil(attempts: Attempt[], triesPerDay: number): Instant {
  const earliest = attempts.filter((attempt) => attempt.trigger === 'schedule').at(-triesPerDay);
  return earliest === undefined ? 0 : earliest.startedAt + DAY;
}
