// A fleet as data: clusters of three servers, single servers and agents, with what will go wrong during the year.

import type { StandingAlert } from '../../src/domain/alerts/alert.ts';
import type { LeaseRecord } from '../../src/domain/cluster/lease.ts';
import { type Memory, rememberedMembers } from '../../src/domain/cluster/memory.ts';
import type { Wait } from '../../src/domain/cluster/turn.ts';
import type { Attempt, Policy } from '../../src/domain/model/decision.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/domain/time/duration.ts';
import { generator } from '../domain/cluster/model/choices.ts';
import { type NodeKind, policyOf } from '../support/inventory.ts';

export const BEGINS = Date.UTC(2027, 0, 1);
export const ENDS = BEGINS + 365 * DAY;

export type Period = { from: number; until: number };

export type SimNode = {
  name: string;
  kind: NodeKind;
  cluster: SimCluster;
  isServer: boolean;
  policy: Policy;
  share: number;
  /** How far its time of day is off. */
  skew: number;
  notAfter: number;
  enabledAt: number;
  /** The machine is off. */
  off: Period[];
  attempts: Attempt[];
  book: StandingAlert[];
  memory: Memory;
  /** Its plan runs, its server is stopped by it until then. */
  runsUntil: number;
  stoppedUntil: number;
  /** Since when it waits for its turn. */
  waits: Pick<Wait, 'since'> | null;
  /** What an earlier appointment was for is not done. */
  turn: number;
};

export type SimCluster = {
  name: string;
  servers: SimNode[];
  agents: SimNode[];
  lease: LeaseRecord | null;
  version: number;
  /** No node of it may use the Lease. */
  forbidden: boolean;
  /** Its API is away everywhere. */
  outages: Period[];
};

export type Share = { clusters: number; singles: number; agents: number };

/** 10,000 nodes: 2,000 clusters of three, 1,500 single servers, 2,500 agents and workers. */
export const WHOLE: Share = { clusters: 2_000, singles: 1_500, agents: 2_500 };

export function makeFleet({ clusters, singles, agents }: Share, seed: number): SimCluster[] {
  const random = generator(seed);
  const made = [
    ...Array.from({ length: clusters }, (_, index) => makeCluster(`ha-${index}`, 3, random)),
    ...Array.from({ length: singles }, (_, index) => makeCluster(`site-${index}`, 1, random)),
  ];
  for (let index = 0; index < agents; index++) {
    const cluster = made[Math.floor(random() * made.length)]!;
    cluster.agents.push(makeNode(cluster, `${cluster.name}-agent-${cluster.agents.length + 1}`, false, random));
  }
  powerCut(made, random);
  return made;
}

const KINDS: NodeKind[] = ['k3s-server', 'k3s-server', 'kubeadm', 'rke2-server'];
const AGENTS: Partial<Record<NodeKind, NodeKind>> = {
  'k3s-server': 'k3s-agent',
  'rke2-server': 'rke2-agent',
  kubeadm: 'k3s-agent',
};

function makeCluster(name: string, size: number, random: () => number): SimCluster {
  const kind = KINDS[Math.floor(random() * KINDS.length)]!;
  const outages = periods(Math.floor(random() * 3), 12 * HOUR, random);
  const cluster: SimCluster = {
    name,
    servers: [],
    agents: [],
    lease: null,
    version: 1,
    forbidden: random() < 0.03,
    outages,
  };
  // All nodes of a cluster were installed in the same hour and are enabled in the same minute: the worst case.
  const notAfter = BEGINS + (5 + random() * 360) * DAY;
  const enabledAt = BEGINS + Math.floor(random() * 10 * DAY);
  for (let index = 1; index <= size; index++) {
    const node = makeNode(cluster, `${name}-cp-${index}`, true, random);
    cluster.servers.push({
      ...node,
      kind,
      notAfter: notAfter + random() * HOUR,
      enabledAt: enabledAt + random() * MINUTE,
    });
  }
  return cluster;
}

function makeNode(cluster: SimCluster, name: string, isServer: boolean, random: () => number): SimNode {
  const [first] = cluster.servers;
  const share = random();
  return {
    name,
    kind: AGENTS[first?.kind ?? 'k3s-server']!,
    cluster,
    isServer,
    policy: policyOf({ nodeDelay: random() }),
    share,
    skew: (random() - 0.5) * MINUTE,
    notAfter: (first?.notAfter ?? BEGINS) + random() * HOUR,
    enabledAt: (first?.enabledAt ?? BEGINS) + random() * MINUTE,
    off: periods(Math.floor(random() * 4), random() < 0.05 ? 20 * DAY : 2 * DAY, random),
    attempts: [],
    book: [],
    memory: rememberedMembers([]),
    runsUntil: 0,
    stoppedUntil: 0,
    waits: null,
    turn: 0,
  };
}

function periods(count: number, longest: number, random: () => number): Period[] {
  return Array.from({ length: count }, () => {
    const from = BEGINS + random() * 360 * DAY;
    return { from, until: from + 5 * MINUTE + random() * longest };
  });
}

/** A region loses its power for six hours, and everything there comes back in the same minute. */
function powerCut(clusters: SimCluster[], random: () => number): void {
  const from = BEGINS + 120 * DAY;
  for (const cluster of clusters.filter((_, index) => index % 4 === 0))
    for (const node of [...cluster.servers, ...cluster.agents])
      node.off.push({ from: from + random() * SECOND, until: from + 6 * HOUR + random() * MINUTE });
}

export function isIn(periods: Period[], at: number): boolean {
  return periods.some(({ from, until }) => at >= from && at < until);
}
