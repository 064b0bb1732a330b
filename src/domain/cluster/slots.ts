import { USUAL_SLOT } from '../distributions/in-cluster.ts';
import { rulesOf } from '../distributions/index.ts';
import type { Distribution } from '../distributions/names.ts';
import type { Instant } from '../model/certificate.ts';
import type { Memory } from './memory.ts';
import { apiAnswers } from './obstacles.ts';
import type { ClusterSeen, PeerSeen } from './seen.ts';
import { isDead } from './succession.ts';

/** Milliseconds. `distribution` null: of a plan that does not say it. */
export function slotOf(distribution: Distribution | null): number {
  return distribution === null ? USUAL_SLOT : rulesOf(distribution).cluster.slot;
}

/** A node begins only in the first 30 % of its slot: the rest is for the renewal, and for clocks that differ. */
const BEGINS_WITHIN = 0.3;
/** A node that was delayed by its predecessor begins in the second half of the next slot, whose own node has finished by then. */
const DELAYED_FROM = 0.5;

export type SlotTurn =
  | { kind: 'begin' }
  | { kind: 'wait'; whom: string | null; until: Instant; delayedSlot: number | null };

/**
 * Turns without a Lease. The nodes' names in order, over and over: by the time of day each slot has one node. It begins when its
 * predecessor is healthy. A predecessor that is not delays it by one slot, once: then it begins anyway.
 */
export function slotTurn(seen: ClusterSeen, memory: Memory, slot: number): SlotTurn {
  const { self, at } = seen;
  if (memory.members.length === 0) return unknownOrder(self, at.wall, slot);
  const { members } = memory;
  const position = at.wall / slot;
  const number = Math.floor(position);
  const part = position - number;
  const index = members.indexOf(self);
  const predecessor = memberAt(members, index - 1);
  if (memberAt(members, number) === self) {
    if (part < BEGINS_WITHIN && isReady(predecessor, seen)) return { kind: 'begin' };
    const delayedSlot = part < BEGINS_WITHIN ? number : memory.delayedSlot;
    const until = (number + (delayedSlot === number ? 1 + DELAYED_FROM : members.length)) * slot;
    return { kind: 'wait', whom: delayedSlot === number ? predecessor : null, until, delayedSlot };
  }
  if (memory.delayedSlot === number - 1 && part < DELAYED_FROM + BEGINS_WITHIN) {
    const owner = memberAt(members, number);
    const mayBegin = part >= DELAYED_FROM && (owner === predecessor || isSettled(owner, seen, memory));
    if (mayBegin) return { kind: 'begin' };
    const until = Math.max(at.wall, (number + DELAYED_FROM) * slot);
    return { kind: 'wait', whom: part < DELAYED_FROM ? predecessor : owner, until, delayedSlot: number - 1 };
  }
  const turns = (((index - number) % members.length) + members.length) % members.length;
  return { kind: 'wait', whom: null, until: (number + turns) * slot, delayedSlot: null };
}

/** Besides its predecessor, which only delays it, and dead nodes; nobody where no API answers: then none is ready. */
export function slotWaitsFor(seen: ClusterSeen, memory: Memory): PeerSeen[] {
  if (!apiAnswers(seen)) return [];
  const { members } = memory;
  const predecessor = members.length === 0 ? null : memberAt(members, members.indexOf(seen.self) - 1);
  return seen.peers.filter(({ name }) => name !== predecessor && !isDead(name, seen, memory));
}

/** Where no membership was ever seen, the name alone chooses one of this many slots: two nodes can have the same. */
const UNKNOWN_ORDER = 12;

function unknownOrder(self: string, wall: Instant, slot: number): SlotTurn {
  let own = 0;
  for (const character of self) own = (own * 31 + character.codePointAt(0)!) % UNKNOWN_ORDER;
  const number = Math.floor(wall / slot);
  const turns = (own - (number % UNKNOWN_ORDER) + UNKNOWN_ORDER) % UNKNOWN_ORDER;
  if (turns === 0 && wall / slot - number < BEGINS_WITHIN) return { kind: 'begin' };
  return { kind: 'wait', whom: null, until: (number + (turns || UNKNOWN_ORDER)) * slot, delayedSlot: null };
}

/** The node whose slot it is must not be in its renewal. */
function isSettled(owner: string, seen: ClusterSeen, memory: Memory): boolean {
  return isReady(owner, seen) || isDead(owner, seen, memory) || !apiAnswers(seen);
}

function isReady(name: string, { peers }: ClusterSeen): boolean {
  return peers.some((peer) => peer.name === name && peer.ready);
}

function memberAt(members: string[], number: number): string {
  return members[((number % members.length) + members.length) % members.length]!;
}
