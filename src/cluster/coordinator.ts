import { coordinate } from '../domain/cluster/coordinate.ts';
import type { Degraded } from '../domain/cluster/degraded.ts';
import type { Intent } from '../domain/cluster/intent.ts';
import { mayBegin } from '../domain/cluster/may-begin.ts';
import { afterWrite, type Memory, rememberedMembers } from '../domain/cluster/memory.ts';
import type { Clocks } from '../domain/cluster/seen.ts';
import { type Go, POLL, type Turn } from '../domain/cluster/turn.ts';
import type { Root } from '../host/root.ts';
import { makeTurns } from '../host/turns.ts';
import { makeAccessReader } from './api/access.ts';
import { type Api, makeApi } from './api/api.ts';
import { writeLease } from './lease-object.ts';
import { loadMembers, type Member, saveMembers } from './members-file.ts';
import { listServers } from './nodes.ts';
import { type OwnServer, peerUrls } from './own-server.ts';
import { seeCluster, seeLease } from './see-cluster.ts';

/** What is to be done now; `again`: milliseconds until it is asked again. */
export type Asked = { turn: Exclude<Turn, { kind: 'write' }>; degraded: Degraded | null };

export type Coordinator = {
  /** One look at the cluster, and the writes that it calls for. */
  ask(intent: Intent): Promise<Asked>;
  /** A look without a plan: keeps the membership, releases what a killed process held. Why turns cannot be taken by the Lease. */
  look(): Promise<Degraded | null>;
  /** Whether a step that stops something may begin now, after this answer. */
  mayBegin(go: Go): boolean;
  /** How many servers the cluster is known to have. */
  servers(): number;
  /** Whether this process holds the Lease, as far as it knows. */
  holds(): boolean;
  api: Api;
};

export type CoordinatorOptions = {
  root: Root;
  own: OwnServer;
  clocks: () => Clocks;
  /** Ends what is asked at once. */
  signal?: AbortSignal | undefined;
};

/** Create, acquire, make sure: who is still not done then asks again later. */
const MOST_WRITES = 3;

const IDLE: Intent = {
  phase: 'idle',
  disruption: { kind: 'none', etcd: false, api: false },
  isUrgent: false,
  hasExpired: false,
  isKeptDown: false,
  recovers: false,
  slot: 0,
};

export async function makeCoordinator(options: CoordinatorOptions): Promise<Coordinator> {
  const { root, own, clocks, signal } = options;
  let servers: Member[] = (await loadMembers(root)) ?? [];
  let memory: Memory = rememberedMembers(servers.map(({ name }) => name));
  const access = makeAccessReader(root, own.kubeconfig);
  const api = makeApi({ access, peers: () => peerUrls(own, servers) });

  const keep = async (now: Member[]): Promise<void> => {
    if (JSON.stringify(now) === JSON.stringify(servers)) return;
    servers = now;
    // A full disk is reported elsewhere, and is no reason not to take turns.
    await saveMembers(root, now).catch(() => {});
  };

  /** What was acquired is released after SIGTERM, too. */
  const signalOf = ({ phase }: Intent) => (phase === 'idle' ? undefined : signal);

  const ask = async (intent: Intent): Promise<Asked> => {
    const look = intent.phase === 'wants' ? seeCluster : seeLease;
    for (let writes = 0; ; writes += 1) {
      const until = signalOf(intent);
      const sight = { root, own, access, api, clocks, signal: until, remembered: servers };
      const { seen, servers: listed } = await look(sight);
      const { turn, memory: next, degraded } = coordinate(intent, seen, memory);
      memory = next;
      if (listed !== null) await keep(listed);
      if (turn.kind !== 'write') return { turn, degraded: memory.members.length > 1 ? degraded : null };
      const sent = clocks();
      const outcome = await writeLease(api, turn.write, { signal: until });
      memory = afterWrite(memory, turn.write, outcome, sent, clocks());
      if (outcome.state !== 'written' || writes === MOST_WRITES)
        return { turn: { kind: 'rest', again: POLL }, degraded: null };
    }
  };

  // What is remembered is of one look at a time.
  const { exclusive } = makeTurns();
  const look = async (): Promise<Degraded | null> => {
    const listed = await listServers(api, { signal });
    if (listed.ok) {
      await keep(listed.value);
      memory = { ...memory, members: [...new Set([...listed.value.map(({ name }) => name), own.name])].sort() };
    }
    // Whoever is alone needs no Lease.
    return memory.members.length > 1 ? (await ask(IDLE)).degraded : null;
  };

  return {
    ask: (intent) => exclusive(() => ask(intent)),
    look: () => exclusive(look),
    mayBegin: (go) => mayBegin(go, memory, clocks()),
    servers: () => memory.members.length,
    holds: () => memory.held !== null,
    api,
  };
}
