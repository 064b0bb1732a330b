import { nameInCluster } from '../domain/cluster/name-in-cluster.ts';
import { rulesOfNode } from '../domain/distributions/index.ts';
import type { Inventory, ObservedCertificate } from '../domain/model/inventory.ts';
import { hostAndPort } from '../domain/text/host-and-port.ts';
import type { Member } from './members-file.ts';

/** What of this node has to do with the other servers of its cluster. Paths are the node's own. */
export type OwnServer = {
  /** Name of its Node. */
  name: string;
  /** The kubeconfig that the API is asked with. */
  kubeconfig: string;
  /** Its own API, whose port is the others' port too. */
  api: { host: string; port: number };
  /** What signs the certificates of the API servers, where the kubeconfig cannot be read. */
  ca: string;
  etcd: OwnEtcd | null;
};

/** How the member of etcd on this node is asked. null in its place: none runs here. */
export type OwnEtcd = {
  url: string;
  /**
   * K3s's and RKE2's: its data directory, which is there where it runs. Only the member of this node answers over HTTP, so others
   * are judged by their API. null: a member of its own.
   */
  data: string | null;
  certificate: string;
  key: string;
  ca: string;
};

/**
 * null: not a server that takes turns. `kubeconfig`: cluster.kubeconfig of the configuration. A file of sqlite has one server, so
 * that a K3s that uses one waits for nobody, whether its API answers or not.
 */
export function ownServer(inventory: Inventory, kubeconfig: string | undefined): OwnServer | null {
  const { node, certificates, preconditions } = inventory;
  const { paths } = node;
  if (preconditions.rehearsal?.datastore === 'sqlite') return null;
  // Not `node.name`, which can be configured: this one is compared with the names of Nodes and of members.
  const name = nameInCluster(node, certificates) ?? node.name;
  const own = rulesOfNode(node)?.cluster.api ?? null;
  const { endpoint: api } = inventory.served.find(({ endpoint }) => endpoint.name === own?.endpoint) ?? {};
  const path = kubeconfig ?? paths.adminKubeconfig;
  if (own === null || api === undefined || path === null) return null;
  const { host, port } = api;
  return { name, kubeconfig: path, api: { host, port }, ca: own.ca(paths), etcd: ownEtcd(inventory) };
}

/** Where the APIs of the other servers are. */
export function peerUrls({ name, api }: OwnServer, servers: Member[]): string[] {
  return servers
    .filter((server) => server.name !== name)
    .flatMap(({ addresses }) => addresses.slice(0, 1))
    .map((address) => `https://${hostAndPort(address, api.port)}`);
}

function ownEtcd({ node, served, certificates }: Inventory): OwnEtcd | null {
  const { certificatesDir, dataDir } = node.paths;
  if (dataDir !== null) {
    const tls = `${certificatesDir}/etcd`;
    const pair = { certificate: `${tls}/client.crt`, key: `${tls}/client.key`, ca: `${tls}/server-ca.crt` };
    return { url: 'https://127.0.0.1:2382', data: `${dataDir}/server/db/etcd`, ...pair };
  }
  const endpoint = served.find((one) => one.endpoint.name === 'etcd')?.endpoint;
  const pair = ['etcd-healthcheck-client', 'apiserver-etcd-client'].map((id) => pairOf(certificates, id));
  const client = pair.find((one) => one !== null);
  if (endpoint === undefined || client === undefined) return null;
  return {
    url: `https://${hostAndPort(endpoint.host, endpoint.port)}`,
    data: null,
    ...client,
    ca: `${certificatesDir}/etcd/ca.crt`,
  };
}

function pairOf(certificates: ObservedCertificate[], id: string): { certificate: string; key: string } | null {
  const found = certificates.find((one) => one.id === id);
  return found?.place.kind === 'pem' && found.key.state === 'matches'
    ? { certificate: found.place.path, key: found.key.path }
    : null;
}
