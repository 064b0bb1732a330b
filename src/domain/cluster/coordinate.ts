import { HOUR, MINUTE } from '../time/duration.ts';
import { type Degraded, degradedBy } from './degraded.ts';
import type { Intent } from './intent.ts';
import { acquiring, creating, isFresh, LEASE_RENEWED_EVERY, type LeaseWrite, releasing, renewing } from './lease.ts';
import { type Memory, mayDisturb, remember } from './memory.ts';
import { apiAnswers, awaited, obstacleTo } from './obstacles.ts';
import type { ClusterSeen } from './seen.ts';
import { slotTurn, slotWaitsFor } from './slots.ts';
import { mayBeFirst, succeeds } from './succession.ts';
import { type Next, POLL, type Turn, type Way, waiting } from './turn.ts';
import { withoutTurn } from './without-turn.ts';

/** Where an API answers and the Lease cannot be read all the same, an urgent renewal waits no longer than this. */
const PATIENCE = HOUR;
/** An API server that starts refuses everything until it has read its roles, for a second or two. */
const REFUSED_FOR_GOOD = MINUTE;

export type Coordinated = { turn: Turn; memory: Memory; degraded: Degraded | null };

type Known = { intent: Intent; seen: ClusterSeen; memory: Memory };

/**
 * One at a time: what a control-plane node does next, given what it sees of the others. Pure. The daemon, the model search and the
 * simulation drive this same function: observe, ask, do what it says, observe again.
 */
export function coordinate(intent: Intent, seen: ClusterSeen, previous: Memory): Coordinated {
  const memory = remember(previous, seen);
  const { turn, delayedSlot = null } = nextOf({ intent, seen, memory });
  const kept = { ...memory, delayedSlot };
  const degraded = degradedBy(seen);
  if (turn.kind !== 'wait') return { turn, memory: { ...kept, waits: null }, degraded };
  const what = `${turn.code} ${turn.whom}`;
  const waits = memory.waits?.what === what ? memory.waits : { what, since: seen.at.wall };
  return { turn: { ...turn, since: waits.since }, memory: { ...kept, waits }, degraded };
}

function nextOf(known: Known): Next {
  const { phase } = known.intent;
  if (phase === 'wants') return wants(known);
  return phase === 'runs' ? whileItRuns(known) : whenIdle(known);
}

/** It has a plan, and is about to stop something. */
function wants(known: Known): Next {
  const { intent, seen, memory } = known;
  const free = withoutTurn(intent, seen, memory);
  if (free !== null) return go(free.how, free.why, seen);
  return seen.lease.state === 'unreadable' ? withoutLease(known, seen.lease) : byLease(known, seen.lease);
}

function byLease({ intent, seen, memory }: Known, lease: Exclude<ClusterSeen['lease'], Unreadable>): Next {
  const { self, at } = seen;
  if (lease.state === 'absent') return write(creating(at.wall), 'it does not exist');
  const { record } = lease;
  const isOwn = record.holder === self;
  const succeeded = succeeds(record, seen, memory);
  if (record.holder !== null && !isOwn && succeeded === null)
    return waiting('TURN_OF_ANOTHER', record.holder, `${record.holder} holds the Lease`);
  const obstacle = obstacleTo(intent, seen, seen.peers);
  // Who cannot go on must not keep the others from it.
  if (obstacle !== null) return isOwn ? write(releasing(record, at.wall), 'others have to be ready first') : obstacle;
  if (isOwn && mayDisturb(memory, at)) return go('lease', 'this node holds the Lease', seen);
  if (isOwn) return write(renewing(self, record, at.wall), 'this node holds the Lease and makes sure of it');
  if (isFresh(record) && !mayBeFirst(seen, memory))
    return waiting('TURN_OF_ANOTHER', null, 'the Lease was created a moment ago, and is acquired within a minute');
  return write(acquiring(self, record, at.wall), succeeded ?? 'nobody holds the Lease');
}

/** By the time of day where there are no credentials or no API. Where an API answers, it will answer for the Lease, too. */
function withoutLease({ intent, seen, memory }: Known, { why, detail }: Unreadable): Next {
  const { unreadableSince, refusedSince } = memory;
  const isPatient = !intent.isUrgent || seen.at.steady - unreadableSince! < PATIENCE;
  const mayAnswer = why === 'away' ? apiAnswers(seen) && isPatient : seen.at.steady - refusedSince! < REFUSED_FOR_GOOD;
  if (mayAnswer) return waiting('TURN_OF_ANOTHER', null, `the Lease cannot be read: ${detail}`);
  const obstacle = obstacleTo(intent, seen, []) ?? awaited(slotWaitsFor(seen, memory));
  if (obstacle !== null) return { ...obstacle, delayedSlot: memory.delayedSlot };
  const turn = slotTurn(seen, memory, intent.slot);
  if (turn.kind === 'begin') return go('slot', 'by the time of day it is the turn of this node', seen);
  const { whom, until, delayedSlot } = turn;
  const text =
    whom === null ? 'its turn by the time of day has not come' : `${whom} has the turn before, and is not ready`;
  return { ...waiting('TURN_OF_ANOTHER', whom, text, until), delayedSlot };
}

/** The plan runs, or is being recovered: the Lease is kept fresh for as long as the API can be reached. */
function whileItRuns({ seen, memory }: Known): Next {
  const { lease, self, at } = seen;
  if (lease.state !== 'read' || lease.record.holder !== self) return resting;
  const age = memory.held === null ? LEASE_RENEWED_EVERY : at.steady - memory.held.sentAt;
  if (age < LEASE_RENEWED_EVERY) return resting;
  return write(renewing(self, lease.record, at.wall), 'the renewal is under way');
}

/** What a process that was killed has left is released, too. A Lease that exists already lets the first renewal begin at once. */
function whenIdle({ seen }: Known): Next {
  const { lease, self, at } = seen;
  if (lease.state === 'absent') return write(creating(at.wall), 'it does not exist');
  if (lease.state !== 'read' || lease.record.holder !== self) return resting;
  return write(releasing(lease.record, at.wall), 'the renewal is over');
}

type Unreadable = Extract<ClusterSeen['lease'], { state: 'unreadable' }>;

const resting: Next = { turn: { kind: 'rest', again: POLL } };

function go(how: Way, why: string, { asked }: ClusterSeen): Next {
  return { turn: { kind: 'go', how, why, asked: asked.steady } };
}

function write(write: LeaseWrite, why: string): Next {
  return { turn: { kind: 'write', write, why } };
}
