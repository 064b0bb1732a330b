import type { Instant } from '../model/certificate.ts';
import { LEASE_DURATION, LEASE_MARGIN, type LeaseWrite, type WriteOutcome } from './lease.ts';
import type { Clocks, ClusterSeen } from './seen.ts';

/**
 * What a node remembers from one observation to the next. `members` is kept on disk (`cluster.json`); all else is measured with
 * this process's own clock and begins anew with it, which only makes it wait longer.
 */
export type Memory = {
  /** Control-plane nodes of the last membership seen, this one included, in order; empty: none was ever seen. */
  members: string[];
  /** The Lease as it was last seen, and since when it is unchanged here. */
  lease: { version: string; changedAt: number } | null;
  /** This process holds the Lease. `sentAt`: when the last write that succeeded was sent: from then on it is valid. */
  held: { sentAt: number } | null;
  /** Since when each node has not been ready, seen without a break. */
  silentSince: Record<string, number>;
  /** Since when the Lease cannot be read. */
  unreadableSince: number | null;
  /** Since when an API that answers has refused it, seen without a break. */
  refusedSince: number | null;
  /** Number of this node's own slot that it let pass because its predecessor was not healthy. */
  delayedSlot: number | null;
  /** What it waits for, and since when. */
  waits: { what: string; since: Instant } | null;
};

export function rememberedMembers(members: string[]): Memory {
  return {
    members: ordered(members),
    lease: null,
    held: null,
    silentSince: {},
    unreadableSince: null,
    refusedSince: null,
    delayedSlot: null,
    waits: null,
  };
}

/** What an observation adds. A time that must not be too early is that of the last answer. */
export function remember(memory: Memory, { self, lease, members, peers, at }: ClusterSeen): Memory {
  const version = lease.state === 'read' ? lease.record.resourceVersion : null;
  const isSame = version === null || version === memory.lease?.version;
  const known = members ?? memory.members;
  return {
    ...memory,
    members: known.length === 0 ? [] : ordered([...known, self]),
    lease: isSame ? memory.lease : { version, changedAt: at.steady },
    held: lease.state === 'unreadable' || isOwn(lease, self) ? memory.held : null,
    silentSince: Object.fromEntries(
      peers.filter(({ ready }) => !ready).map(({ name }) => [name, memory.silentSince[name] ?? at.steady]),
    ),
    unreadableSince: lease.state === 'unreadable' ? (memory.unreadableSince ?? at.steady) : null,
    refusedSince: lease.state === 'unreadable' && lease.why !== 'away' ? (memory.refusedSince ?? at.steady) : null,
  };
}

function isOwn(lease: ClusterSeen['lease'], self: string): boolean {
  return lease.state === 'read' && lease.record.holder === self;
}

/** After a write, `sent` at. Without an answer nothing is known: the next observation shows what came of it. */
export function afterWrite(memory: Memory, write: LeaseWrite, outcome: WriteOutcome, sent: Clocks, at: Clocks): Memory {
  const isHeld = write.why === 'acquire' || write.why === 'renew';
  // Released or not: this process no longer relies on it.
  const held = isHeld && outcome.state !== 'conflict' ? memory.held : null;
  if (outcome.state !== 'written') return { ...memory, held };
  const lease = { version: outcome.record.resourceVersion, changedAt: at.steady };
  return { ...memory, lease, held: isHeld ? { sentAt: sent.steady } : null };
}

/** Whether its own Lease is valid for long enough to stop something now. */
export function mayDisturb({ held }: Pick<Memory, 'held'>, { steady }: Pick<Clocks, 'steady'>): boolean {
  return held !== null && steady < held.sentAt + LEASE_DURATION - LEASE_MARGIN;
}

/** Whether the Lease, as it was read last, has been unchanged for so long: for `expiresAfter`, and no holder relies on it. */
export function isUnchangedFor(ms: number, { lease }: Pick<Memory, 'lease'>, steady: number): boolean {
  return lease !== null && steady >= lease.changedAt + ms;
}

/** The same on every node, whatever its locale. */
function ordered(names: string[]): string[] {
  return [...new Set(names)].sort((a, b) => (a < b ? -1 : 1));
}
