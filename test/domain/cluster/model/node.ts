import { coordinate } from '../../../../src/domain/cluster/coordinate.ts';
import type { Disruption } from '../../../../src/domain/cluster/disruption.ts';
import type { Intent } from '../../../../src/domain/cluster/intent.ts';
import { isFresh, type LeaseWrite, type WriteOutcome } from '../../../../src/domain/cluster/lease.ts';
import { mayBegin } from '../../../../src/domain/cluster/may-begin.ts';
import { afterWrite, type Memory, rememberedMembers } from '../../../../src/domain/cluster/memory.ts';
import type { Clocks, ClusterSeen, LeaseSeen } from '../../../../src/domain/cluster/seen.ts';
import type { Go, Way } from '../../../../src/domain/cluster/turn.ts';
import {
  hasApi,
  isReady,
  NO_FAULTS,
  reaches,
  runs,
  type Server,
  say,
  store,
  type Without,
  type World,
} from './world.ts';

/** How a node of the model behaves, and how its clocks go wrong. */
export type NodeOptions = {
  name: string;
  /** Its time of day is off by so much; its steady clock runs so much faster. */
  skew: number;
  drift: number;
  urgent: boolean;
  /** It may not use the Lease. */
  forbidden: boolean;
  without: Without | null;
  wants: Disruption;
};

export type ModelNode = NodeOptions & {
  memory: Memory;
  phase: Intent['phase'];
  /** Its plan runs; it waits in it for its turn until `granted` names one. */
  plan: boolean;
  granted: Go | null;
  done: boolean;
  /** Counts the starts of its certagent: what an earlier one had under way is gone. */
  life: number;
  ways: Way[];
};

const EPOCH = Date.UTC(2026, 10, 27, 2, 0);

export function makeNode(options: NodeOptions): ModelNode {
  const memory = rememberedMembers([]);
  return { ...options, memory, phase: 'idle', plan: false, granted: null, done: false, life: 0, ways: [] };
}

/** Starts its certagent. A plan of an earlier life begins again. */
export function start(node: ModelNode, world: World): void {
  kill(node);
  if (world.now < serverOf(node, world).failedUntil) return;
  node.phase = node.done ? 'idle' : 'wants';
  node.memory = rememberedMembers(node.memory.members);
  run(loop(node, world), node, world);
}

export function kill(node: ModelNode): void {
  node.life += 1;
  node.plan = false;
  node.granted = null;
}

/** A process; what it yields is how long it waits. */
function run(process: Generator<number>, node: ModelNode, world: World): void {
  const { life } = node;
  const step = () => {
    if (node.life !== life) return;
    const { value, done } = process.next();
    if (done !== true) world.at(value, step);
  };
  world.at(0, step);
}

function clocksOf({ skew, drift }: ModelNode, { now }: World): Clocks {
  return { wall: EPOCH + now + skew, steady: now * (1 + drift) };
}

/** Milliseconds on the way, for a question and for an answer. */
const LEGS = [50, 2_000, 9_000] as const;

function* loop(node: ModelNode, world: World): Generator<number> {
  for (;;) {
    const seen = yield* observe(node, world);
    const { turn, memory } = coordinate(intentOf(node), seen, remembered(node, seen));
    node.memory = memory;
    if (turn.kind === 'write') yield* write(turn.write, turn.why, node, world);
    else if (turn.kind === 'go') grant(turn, node, world);
    else yield turn.again;
  }
}

function* observe(node: ModelNode, world: World): Generator<number, ClusterSeen> {
  const { name, without } = node;
  const asked = clocksOf(node, world);
  yield world.choices.pick('a question takes', LEGS);
  const isAway = !hasApi(world, name);
  const lease = leaseSeen(node, world);
  const names = world.servers.map((server) => server.name);
  yield world.choices.pick('an answer takes', LEGS);
  const isReachable = (other: string) => reaches(world, name, other) && isReady(world, other);
  const peers = names
    .filter((other) => other !== name)
    .map((other) => ({ name: other, ready: without === 'peers-first' || isReachable(other), detail: 'no answer' }));
  const ready = isReady(world, name);
  const members = names.map((one) => ({
    name: one,
    node: one,
    healthy: without === 'peers-first' || isReachable(one),
    detail: 'no answer',
  }));
  const holder = lease.state === 'read' ? lease.record.holder : null;
  return {
    self: name,
    asked,
    at: clocksOf(node, world),
    lease,
    members: isAway ? null : names,
    peers:
      without === 'seen-healthy'
        ? peers.map((peer) => ({ ...peer, ready: peer.ready || peer.name === holder }))
        : peers,
    etcd: { kind: 'members', members },
    own: { ready, etcd: ready },
  };
}

function leaseSeen({ name, forbidden }: ModelNode, world: World): LeaseSeen {
  if (!hasApi(world, name)) return { state: 'unreadable', why: 'away', detail: 'no API answers' };
  if (forbidden) return { state: 'unreadable', why: 'forbidden', detail: '403' };
  return world.lease === null ? { state: 'absent' } : { state: 'read', record: world.lease };
}

/** The memory as it is, or as a protocol without one of its guards would have it. */
function remembered({ memory, without }: ModelNode, { lease, at }: ClusterSeen): Memory {
  if (without === 'fresh-for-long' && lease.state === 'read' && isFresh(lease.record))
    return { ...memory, lease: { version: lease.record.resourceVersion, changedAt: Number.NEGATIVE_INFINITY } };
  if (without !== 'own-clock' || lease.state !== 'read') return memory;
  // It trusts the time that the holder wrote.
  const age = at.wall - Date.parse(lease.record.renewTime!);
  return { ...memory, lease: { version: lease.record.resourceVersion, changedAt: at.steady - age } };
}

function intentOf({ phase, wants, urgent }: ModelNode): Intent {
  return {
    phase,
    disruption: wants,
    isUrgent: urgent,
    hasExpired: false,
    isKeptDown: false,
    recovers: false,
    slot: 600_000,
  };
}

function* write(write: LeaseWrite, why: string, node: ModelNode, world: World): Generator<number> {
  const sent = clocksOf(node, world);
  yield world.choices.pick('a write takes', LEGS);
  const stored = store(world, node.name, write);
  say(world, `${node.name}: ${write.why}, because ${why}: ${stored.state}`);
  yield world.choices.pick('its answer takes', LEGS);
  const isLost = world.choices.pick('its answer is lost', [false, world.faults.lost]);
  const outcome: WriteOutcome = isLost ? { state: 'unknown', detail: 'time-out' } : stored;
  node.memory = afterWrite(node.memory, write, outcome, sent, clocksOf(node, world));
  if (outcome.state !== 'written') yield 5_000;
}

function grant(turn: Go, node: ModelNode, world: World): void {
  node.granted = turn;
  node.phase = 'runs';
  if (node.plan) return;
  node.plan = true;
  run(plan(node, world), node, world);
}

/** It works for a while, stops the server once, and verifies. */
function* plan(node: ModelNode, world: World): Generator<number> {
  yield world.choices.pick('the backup takes', [1_000, 20_000, 120_000]);
  while (node.granted === null || !begins(node.granted, node, world)) {
    if (node.granted !== null) node.phase = 'wants';
    node.granted = null;
    yield 500;
  }
  const { how } = node.granted;
  node.ways.push(how);
  yield world.choices.pick('what it orders begins after', [100, 5_000, 20_000]);
  disturb(node, world, how);
  yield 100;
  while (!isReady(world, node.name)) yield 1_000;
  node.done = true;
  node.plan = false;
  node.phase = 'idle';
  say(world, `${node.name}: renewed`);
}

function begins(turn: Go, node: ModelNode, world: World): boolean {
  if (node.without === 'margin' && turn.how === 'lease') return node.memory.held !== null;
  return mayBegin(turn, node.memory, clocksOf(node, world));
}

/** The server comes back by itself, whatever becomes of certagent: systemd starts it. */
function disturb(node: ModelNode, world: World, how: Way): void {
  const server = serverOf(node, world);
  const length = world.choices.pick('the server is away for', [8_000, 70_000, 240_000]);
  say(world, `${node.name}: stops its server for ${length / 1_000} s (${how})`);
  const other = world.servers.find((one) => one !== server && world.now < one.awayUntil);
  if (other !== undefined)
    world.violation = `${node.name} stops its server while ${other.name} is away for its renewal`;
  const others = world.servers.filter((one) => one !== server && runs(one, world)).length;
  if (!node.urgent && how === 'lease' && others <= world.servers.length / 2 && world.faults === NO_FAULTS)
    world.violation ??= `${node.name} stops its server while only ${others} others run: no quorum`;
  server.awayUntil = Math.max(server.awayUntil, world.now + length);
}

export function serverOf({ name }: ModelNode, { servers }: World): Server {
  return servers.find((server) => server.name === name)!;
}
