import { MINUTE } from '../time/duration.ts';
import { expiresAfter, LEASE_DURATION, type LeaseRecord } from './lease.ts';
import { isUnchangedFor, type Memory } from './memory.ts';
import type { ClusterSeen } from './seen.ts';

/** A node that has not been ready for so long is not in the middle of a renewal. RKE2 gives up its start after 30 minutes, too. */
const DEAD_AFTER = 30 * MINUTE;

/**
 * Why the Lease of another node may be taken; null: not yet. That it has expired is not enough: its holder may be restarting what
 * renews it. Its node must have answered after that (the questions were asked when it had expired), or be gone, or be dead.
 */
export function succeeds(record: LeaseRecord, seen: ClusterSeen, memory: Memory): string | null {
  const { holder } = record;
  if (holder === null || !isUnchangedFor(expiresAfter(record), memory, seen.asked.steady)) return null;
  if (seen.members !== null && !seen.members.includes(holder))
    return `${holder} is not a node of this cluster any more`;
  if (seen.peers.some(({ name, ready }) => name === holder && ready)) return `${holder} is ready, and let it expire`;
  return isDead(holder, seen, memory) ? `${holder} has not answered for 30 minutes` : null;
}

/**
 * Whether a Lease that nobody has held yet may be acquired: if its predecessor was deleted under a holder, that has learnt it, and
 * what it had stopped is back.
 */
export function mayBeFirst(seen: ClusterSeen, memory: Memory): boolean {
  const isSettled = seen.peers.every(({ name, ready }) => ready || isDead(name, seen, memory));
  return isSettled && isUnchangedFor(LEASE_DURATION, memory, seen.asked.steady);
}

/** Seen not to be ready for so long, without a break. */
export function isDead(name: string, { at }: ClusterSeen, { silentSince }: Memory): boolean {
  const since = silentSince[name];
  return since !== undefined && at.steady - since >= DEAD_AFTER;
}
