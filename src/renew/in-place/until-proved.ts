import { CertagentError, type ErrorCode } from '../../domain/model/errors.ts';
import { formatDuration } from '../../domain/time/duration.ts';
import type { StepContext } from '../steps/actor.ts';
import { until } from '../wait.ts';
import { writtenAt } from './written-at.ts';

/** What is still waited for, and the error that it is when the time is over. */
export type Waits = { code: ErrorCode; text: string };

export const unseen = (text: string): Waits => ({ code: 'CLIENTS_UNSEEN', text });

/** Questions are not cheap for the API server: its metrics are megabytes. */
const INTERVALS = 20;

/** For `until`, with pauses that do not burden a server. */
export function seldom(limit: number, { pollInterval, waiting, signal }: StepContext): Parameters<typeof until>[1] {
  return { limit, interval: pollInterval * INTERVALS, waiting, signal };
}

/** Calls `look` until it gives null. Throws CertagentError with the code of what was waited for last, after `limit` milliseconds. */
export async function untilProved(
  look: () => Promise<Waits | null>,
  limit: number,
  context: StepContext,
): Promise<void> {
  let last = unseen('nothing was asked');
  const answer = await until(
    async () => {
      const waits = await look();
      if (waits === null) return {};
      last = waits;
      return waits.text;
    },
    seldom(limit, context),
  );
  if (typeof answer === 'string')
    throw new CertagentError(last.code, `waited ${formatDuration(limit)} in vain ${last.text}`);
}

/**
 * Gives what is waited for while the clients still have time to load replaced files: `patience` milliseconds from now; null: they
 * have had it. A step that goes on after a stop of certagent does not wait for all of it again.
 */
export async function clientsPatience(
  { replaced, patience }: { replaced: string[]; patience: number },
  { root, now, resumed }: StepContext,
): Promise<() => Waits | null> {
  const passed = resumed === true ? now() - (await writtenAt(root, replaced)) : 0;
  const end = performance.now() + patience - Math.min(Math.max(passed, 0), patience);
  return () => {
    const left = end - performance.now();
    return left > 0 ? unseen(`until every client has looked for new certificates, ${formatDuration(left)} more`) : null;
  };
}
