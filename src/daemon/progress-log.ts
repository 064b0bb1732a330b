import { date } from '../domain/alerts/words.ts';
import type { Renewal } from '../domain/model/decision.ts';
import type { JournalRecord, Progress } from '../domain/model/journal.ts';
import type { Log } from '../host/logger.ts';

/** One line for each step: how it ended. What runs just now is in `certagent status`. */
export function logProgress(log: Log, { planId, step, steps, title, state, detail }: Progress): void {
  const level = state === 'failed' ? 'error' : state === 'started' || state === 'waiting' ? 'debug' : 'info';
  log[level]({ plan: planId, step: step + 1, steps, state, ...(detail === '' ? {} : { detail }) }, title);
}

export function logUnknown(log: Log, records: JournalRecord[]): void {
  for (const record of records)
    if (record.type === 'unknown')
      log.warn({ plan: record.planId }, `the journal holds a record of another version: ${record.word}; it is kept`);
}

/** One line for each decision about the renewal that differs from the previous one. */
export function makeDecisionLog(log: Log): (renewal: Renewal) => void {
  let previous = '';
  return (renewal) => {
    const text = decisionText(renewal);
    if (text === null || text === previous) return;
    previous = text;
    log.info({ decision: renewal.kind }, text);
  };
}

/** null: a line of its own says so. */
function decisionText(renewal: Renewal): string | null {
  switch (renewal.kind) {
    case 'now':
      return null;
    case 'none':
      return renewal.nextAt === null ? 'nothing is due' : `nothing is due before ${date(renewal.nextAt)}`;
    case 'waiting':
      return `the renewal waits${renewal.until === null ? '' : ` until ${date(renewal.until)}`}: ${renewal.why}`;
    case 'observing':
      return `certagent only observes: it would renew ${renewal.ids.length} certificates (${renewal.why})`;
    case 'blocked':
      return `the renewal is blocked: ${renewal.blockers.map(({ code, why }) => `${why} (${code})`).join('; ')}`;
  }
}
