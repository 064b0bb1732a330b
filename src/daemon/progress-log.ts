import type { Progress } from '../domain/model/journal.ts';
import type { Log } from '../host/logger.ts';

/** One line for each step: how it ended. What runs just now is in `certagent status`. */
export function logProgress(log: Log, { planId, step, steps, title, state, detail }: Progress): void {
  const level = state === 'failed' ? 'error' : state === 'started' || state === 'waiting' ? 'debug' : 'info';
  log[level]({ plan: planId, step: step + 1, steps, state, ...(detail === '' ? {} : { detail }) }, title);
}
