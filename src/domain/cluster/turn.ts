import type { Instant } from '../model/certificate.ts';
import type { Blocker } from '../model/decision.ts';
import { SECOND } from '../time/duration.ts';
import type { LeaseWrite } from './lease.ts';

/** How often a node that waits looks again. */
export const POLL = 5 * SECOND;

/** What a node does next in its cluster. */
export type Turn =
  | Go
  /** Send this, pass what came of it to `afterWrite`, then observe and ask again. */
  | { kind: 'write'; write: LeaseWrite; why: string }
  | Wait
  | { kind: 'blocked'; blocker: Blocker & { code: 'QUORUM_AT_RISK' }; again: number }
  /** Nothing to do: no plan, or a plan that runs and a Lease that is fresh enough. */
  | { kind: 'rest'; again: number };

/** Begin, or go on. `asked`: by the steady clock, when the observation began that it rests on. */
export type Go = { kind: 'go'; how: Way; why: string; asked: number };

/**
 * Nothing may be stopped yet. `whom`: the node that it waits for; `since`: when it began to wait for that, by its own time of day;
 * `until`: where that is known, when its turn comes; `again`: milliseconds until the next observation.
 */
export type Wait = {
  kind: 'wait';
  code: WaitCode;
  whom: string | null;
  since: Instant;
  until: Instant | null;
  why: string;
  again: number;
};

export type WaitCode = 'TURN_OF_ANOTHER' | 'PEERS_NOT_READY';

export type Way =
  /** `[cluster] coordinate = "none"`: the caller's, `coordinate` is not asked. */
  | 'uncoordinated'
  /** The plan stops nothing. */
  | 'stops-nothing'
  /** The only server. */
  | 'alone'
  /** What the plan stops does not run anyway. */
  | 'down-already'
  /** Everything has expired, everywhere: all heal at once. */
  | 'all-expired'
  | 'lease'
  | 'slot';

/** A turn before it is known since when the node waits. */
export type Next = { turn: Exclude<Turn, Wait> | Omit<Wait, 'since'>; delayedSlot?: number | null };

export function waiting(code: WaitCode, whom: string | null, why: string, until: Instant | null = null): Next {
  return { turn: { kind: 'wait', code, whom, until, why, again: POLL } };
}

/** "waiting for cp-2, since 02:14". */
export function waitingFor({ whom, since, why }: Wait, timeZone: string): string {
  const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone }).format(since);
  return `${whom === null ? why : `waiting for ${whom}`}, since ${clock}`;
}
