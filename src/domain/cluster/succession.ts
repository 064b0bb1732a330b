import { MINUTE } from '../time/duration.ts';
import type { LeaseRecord } from './lease.ts';
import { hasExpired, type Memory } from './memory.ts';
import type { ClusterSeen } from './seen.ts';

/** A node that has not been ready for so long is not in the middle of a renewal. RKE2 gives up its start after 30 minutes, too. */
export const DEAD_AFTER = 30 * MINUTE;

/**
 * Why the Lease of another node may be taken; null: not yet. That it has expired is not enough: its holder may be restarting what
 * renews it. Its node must have answered after that (the questions were asked when it had expired), or be gone, or be dead.
 */
export function succeeds(record: LeaseRecord, seen: ClusterSeen, memory: Memory): string | null {
  const { holder } = record;
  if (holder === null || !hasExpired(memory, record, seen.asked.steady)) return null;
  if (seen.members !== null && !seen.members.includes(holder))
    return `${holder} is not a node of this cluster any more`;
  if (seen.peers.some(({ name, ready }) => name === holder && ready)) return `${holder} is ready, and let it expire`;
  return isDead(holder, seen, memory) ? `${holder} has not answered for 30 minutes` : null;
}

/** Seen not to be ready for so long, without a break. */
export function isDead(name: string, { at }: ClusterSeen, { silentSince }: Memory): boolean {
  const since = silentSince[name];
  return since !== undefined && at.steady - since >= DEAD_AFTER;
}
