import type { LeaseRecord, LeaseWrite, WriteOutcome } from '../../../../src/domain/cluster/lease.ts';
import type { Choices } from './choices.ts';

/** Guards that a run leaves out, to show that the search would notice. */
export type Without = 'resourceVersion' | 'seen-healthy' | 'margin' | 'own-clock' | 'fresh-for-long' | 'peers-first';

export type Faults = {
  /** Certagent is killed, and starts again some time later. */
  kills: boolean;
  /** A node fails: its server and its certagent are away for minutes. */
  failures: boolean;
  /** Links between nodes are cut for minutes. */
  cuts: boolean;
  /** The API refuses a node for minutes, whose own server is well. */
  mutes: boolean;
  /** Somebody deletes the Lease. */
  deletes: boolean;
  /** Answers of the API get lost. */
  lost: boolean;
};

const faults = (all: boolean): Faults => ({
  kills: all,
  failures: all,
  cuts: all,
  mutes: all,
  deletes: all,
  lost: all,
});
export const NO_FAULTS = faults(false);
export const ALL_FAULTS = faults(true);

/** Until when its machine is away, certagent's restart takes, and the API refuses this node. */
export type Server = { name: string; failedUntil: number; awayUntil: number; mutedUntil: number };

/** A cluster at one true time: servers with an etcd member each, links, and the Lease that their API serves. */
export type World = {
  choices: Choices;
  faults: Faults;
  /** Milliseconds, the true time. */
  now: number;
  servers: Server[];
  cut: Set<string>;
  lease: LeaseRecord | null;
  version: number;
  ignoresVersion: boolean;
  trace: string[];
  /** Two at once. */
  violation: string | null;
  at(ms: number, event: () => void): void;
};

export function makeWorld(
  names: string[],
  choices: Choices,
  faults: Faults,
  without: Without | null,
): World & { run(until: number, done: () => boolean): void } {
  const queue: { at: number; order: number; event: () => void }[] = [];
  let order = 0;
  const world = {
    choices,
    faults,
    now: 0,
    servers: names.map((name): Server => ({ name, failedUntil: 0, awayUntil: 0, mutedUntil: 0 })),
    cut: new Set<string>(),
    lease: null,
    version: 1,
    ignoresVersion: without === 'resourceVersion',
    trace: [],
    violation: null as string | null,
    at(ms: number, event: () => void) {
      if (ms < 0) throw new Error('nothing happens in the past');
      order += 1;
      const entry = { at: world.now + ms, order, event };
      let index = queue.length;
      while (index > 0 && queue[index - 1]!.at > entry.at) index -= 1;
      queue.splice(index, 0, entry);
    },
    run(until: number, done: () => boolean) {
      for (let next = queue.shift(); next !== undefined && world.violation === null; next = queue.shift()) {
        if (next.at > until || done()) return;
        world.now = next.at;
        next.event();
      }
    },
  };
  return world;
}

export function say(world: World, text: string): void {
  world.trace.push(`${(world.now / 1_000).toFixed(1).padStart(8)} s  ${text}`);
}

const link = (a: string, b: string): string => [a, b].sort().join('-');

export function reaches(world: World, from: string, to: string): boolean {
  return from === to || !world.cut.has(link(from, to));
}

export function setLink(world: World, a: string, b: string, isCut: boolean): void {
  if (isCut) world.cut.add(link(a, b));
  else world.cut.delete(link(a, b));
}

export function runs({ failedUntil, awayUntil }: Server, { now }: World): boolean {
  return now >= failedUntil && now >= awayUntil;
}

/** Whether the server's API answers: it runs, and its etcd member belongs to a majority that sees it. */
export function isReady(world: World, name: string): boolean {
  const server = world.servers.find((one) => one.name === name);
  if (server === undefined || !runs(server, world)) return false;
  const seen = world.servers.filter((one) => runs(one, world) && reaches(world, name, one.name)).length;
  return seen > world.servers.length / 2;
}

/** Through any server that the node reaches, its own first. */
export function hasApi(world: World, from: string): boolean {
  if (world.servers.some(({ name, mutedUntil }) => name === from && world.now < mutedUntil)) return false;
  return world.servers.some(({ name }) => reaches(world, from, name) && isReady(world, name));
}

/** What the API does with a write at the moment at which it arrives. */
export function store(world: World, from: string, { resourceVersion, spec }: LeaseWrite): WriteOutcome {
  if (!hasApi(world, from)) return { state: 'refused', why: 'away', detail: 'no API answers' };
  const isCurrent = (world.lease?.resourceVersion ?? null) === resourceVersion;
  if (!isCurrent && !world.ignoresVersion) return { state: 'conflict' };
  world.version += 1;
  const record: LeaseRecord = {
    resourceVersion: String(world.version),
    uid: null,
    holder: spec.holderIdentity === '' ? null : spec.holderIdentity,
    durationSeconds: spec.leaseDurationSeconds,
    acquireTime: spec.acquireTime,
    renewTime: spec.renewTime,
    transitions: spec.leaseTransitions,
  };
  world.lease = record;
  return { state: 'written', record };
}
