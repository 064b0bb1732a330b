// How a node of the simulation sees its cluster, and what the API does with its writes.
import { coordinate } from '../../src/domain/cluster/coordinate.ts';
import { disruptionOf } from '../../src/domain/cluster/disruption.ts';
import { isLastResort } from '../../src/domain/cluster/intent.ts';
import type { LeaseWrite, WriteOutcome } from '../../src/domain/cluster/lease.ts';
import { afterWrite } from '../../src/domain/cluster/memory.ts';
import type { Clocks, ClusterSeen, LeaseSeen } from '../../src/domain/cluster/seen.ts';
import { slotOf } from '../../src/domain/cluster/slots.ts';
import type { Turn } from '../../src/domain/cluster/turn.ts';
import type { Inventory } from '../../src/domain/model/inventory.ts';
import type { RenewalPlan } from '../../src/domain/model/plan.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import { isIn, type SimCluster, type SimNode } from './fleet.ts';

export function runs(node: SimNode, at: number): boolean {
  return at >= node.stoppedUntil && !isIn(node.off, at);
}

/** Its API answers: it runs, and with it a majority. */
export function isReady(node: SimNode, at: number): boolean {
  const { servers, outages } = node.cluster;
  return runs(node, at) && !isIn(outages, at) && servers.filter((one) => runs(one, at)).length > servers.length / 2;
}

export function hasApi({ servers }: SimCluster, at: number): boolean {
  return servers.some((server) => isReady(server, at));
}

/** Asks the protocol until it says something else than "write this". */
export function turnOf(
  node: SimNode,
  phase: 'wants' | 'runs' | 'idle',
  plan: RenewalPlan | null,
  inventory: Inventory,
  at: number,
): Turn {
  for (;;) {
    const seen = see(node, at);
    const { turn, memory } = coordinate(
      {
        phase,
        disruption: plan === null ? { kind: 'none', etcd: false, api: false } : disruptionOf(plan),
        isUrgent: isLast(node, at),
        hasExpired: plan?.oldExpired === true,
        isKeptDown: false,
        recovers: false,
        slot: slotOf(inventory.node.distribution),
      },
      seen,
      node.memory,
    );
    node.memory = memory;
    if (turn.kind !== 'write') return turn;
    node.memory = afterWrite(memory, turn.write, store(node, turn.write, at), seen.asked, seen.at);
  }
}

export function isLast({ notAfter }: SimNode, at: number): boolean {
  return isLastResort([{ notAfter, lifetime: 365 * DAY }], at);
}

function clocksOf({ skew }: SimNode, at: number): Clocks {
  return { wall: at + skew, steady: at };
}

function see(node: SimNode, at: number): ClusterSeen {
  const { cluster, name } = node;
  const names = cluster.servers.map((server) => server.name);
  const others = cluster.servers.filter((server) => server !== node);
  const ready = isReady(node, at);
  return {
    self: name,
    asked: clocksOf(node, at),
    at: clocksOf(node, at),
    lease: leaseSeen(cluster, at),
    members: hasApi(cluster, at) ? names : null,
    peers: others.map((other) => ({ name: other.name, ready: isReady(other, at), detail: 'no answer' })),
    etcd: {
      kind: 'members',
      members: cluster.servers.map((one) => ({
        name: one.name,
        node: one.name,
        healthy: isReady(one, at),
        detail: '',
      })),
    },
    own: { ready, etcd: ready },
  };
}

function leaseSeen(cluster: SimCluster, at: number): LeaseSeen {
  if (!hasApi(cluster, at)) return { state: 'unreadable', why: 'away', detail: 'no API answers' };
  if (cluster.forbidden) return { state: 'unreadable', why: 'forbidden', detail: 'HTTP 403' };
  return cluster.lease === null ? { state: 'absent' } : { state: 'read', record: cluster.lease };
}

function store({ cluster }: SimNode, { resourceVersion, spec }: LeaseWrite, at: number): WriteOutcome {
  if (!hasApi(cluster, at)) return { state: 'refused', why: 'away', detail: 'no API answers' };
  if ((cluster.lease?.resourceVersion ?? null) !== resourceVersion) return { state: 'conflict' };
  cluster.version += 1;
  const { holderIdentity, leaseDurationSeconds, acquireTime, renewTime, leaseTransitions } = spec;
  cluster.lease = {
    resourceVersion: String(cluster.version),
    uid: null,
    holder: holderIdentity === '' ? null : holderIdentity,
    durationSeconds: leaseDurationSeconds,
    acquireTime,
    renewTime,
    transitions: leaseTransitions,
  };
  return { state: 'written', record: cluster.lease };
}
