import type { Clocks, ClusterSeen } from '../domain/cluster/seen.ts';
import { readSmall } from '../host/files.ts';
import { followLinks } from '../host/links.ts';
import type { Root } from '../host/root.ts';
import type { Access, AccessReader } from './api/access.ts';
import type { Api } from './api/api.ts';
import { type EtcdList, judgeEtcd, listEtcd } from './etcd-members.ts';
import { readLease } from './lease-object.ts';
import type { Member } from './members-file.ts';
import { listServers } from './nodes.ts';
import type { OwnServer } from './own-server.ts';
import { askReadyz, type Ready } from './readyz.ts';

/** Milliseconds for one look, however many servers are slow. */
const LIMIT = 15_000;

export type Sight = {
  root: Root;
  own: OwnServer;
  access: AccessReader;
  api: Api;
  clocks: () => Clocks;
  /** The servers that were seen last. */
  remembered: Member[];
  signal?: AbortSignal | undefined;
};

/** `servers`: as the API or etcd lists them now; null: neither answers. */
export type Seen = { seen: ClusterSeen; servers: Member[] | null };

/** One look at the cluster: the Lease, the other servers, etcd. What does not answer is what was seen, never an exception. */
export async function seeCluster(sight: Sight): Promise<Seen> {
  const { root, own, api, remembered, clocks } = sight;
  const asked = clocks();
  const signal = limited(sight.signal);
  const [lease, listed, etcdList, access] = await Promise.all([
    readLease(api, { signal }),
    listServers(api, { signal }),
    listEtcd(root, own.etcd, signal),
    accessOf(sight),
  ]);
  const servers = listed.ok ? listed.value : serversOf(etcdList);
  const peers = (servers ?? remembered).filter(({ name }) => name !== own.name);
  const ready = await askAll(own, peers, access, signal);
  const known = { self: own.name, servers: [...peers, { name: own.name, addresses: [] }], ready };
  const { etcd, own: ownMember } = await judgeEtcd(etcdList, known, signal);
  return {
    servers,
    seen: {
      self: own.name,
      asked,
      at: clocks(),
      lease,
      members: servers?.map(({ name }) => name) ?? null,
      peers: peers.map(({ name }) => ({ name, ...ready.get(name)! })),
      etcd,
      own: { ready: ready.get(own.name)!.ready, etcd: ownMember },
    },
  };
}

/** The Lease alone, for a node that holds it, or held it. */
export async function seeLease({ own, api, clocks, signal }: Sight): Promise<Seen> {
  const asked = clocks();
  const lease = await readLease(api, { signal: limited(signal) });
  const rest = { members: null, peers: [], etcd: { kind: 'outside' }, own: { ready: true, etcd: null } } as const;
  return { servers: null, seen: { self: own.name, asked, at: clocks(), lease, ...rest, peers: [] } };
}

async function askAll(own: OwnServer, peers: Member[], access: Access | null, signal: AbortSignal) {
  const nobody: Ready = { ready: false, detail: 'the CA of the cluster cannot be read' };
  const asked: [string, Promise<Ready>][] = [
    [own.name, access === null ? Promise.resolve(nobody) : askReadyz(access, own.api.host, own.api.port, signal)],
    ...peers.map(({ name, addresses }): [string, Promise<Ready>] => {
      const [address] = addresses;
      if (access === null || address === undefined)
        return [name, Promise.resolve({ ready: false, detail: access === null ? nobody.detail : 'it has no address' })];
      return [name, askReadyz(access, address, own.api.port, signal)];
    }),
  ];
  return new Map(await Promise.all(asked.map(async ([name, ready]): Promise<[string, Ready]> => [name, await ready])));
}

/** Without credentials it can still be seen who serves. */
async function accessOf({ access, root, own }: Sight): Promise<Access | null> {
  const known = await access();
  if (known.ok) return known.value;
  try {
    const ca = (await readSmall(await followLinks(root, own.ca))).bytes.toString('utf8');
    return { server: new URL('https://127.0.0.1'), ca, serverName: null, client: null, token: null };
  } catch {
    return null;
  }
}

function serversOf(etcd: EtcdList): Member[] | null {
  return etcd.kind === 'members' && etcd.servers.length > 0 ? etcd.servers : null;
}

function limited(signal: AbortSignal | undefined): AbortSignal {
  const limit = AbortSignal.timeout(LIMIT);
  return signal === undefined ? limit : AbortSignal.any([signal, limit]);
}
