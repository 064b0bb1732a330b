import type { Distribution, NodePaths } from '../domain/model/inventory.ts';
import type { Root } from '../host/root.ts';
import { names } from './node-files.ts';
import { type Source, source } from './source.ts';

/** Leaves and CAs that every version has (pkg/daemons/control/deps/deps.go); what else lies there is read as well. */
const REQUIRED = [
  'client-ca',
  'server-ca',
  'request-header-ca',
  'client-admin',
  'client-auth-proxy',
  'client-controller',
  'client-kube-apiserver',
  'client-kube-proxy',
  'client-scheduler',
  'serving-kube-apiserver',
];
const REQUIRED_OF_AGENT = ['agent/client-ca', 'agent/server-ca', 'agent/client-kubelet', 'agent/serving-kubelet'];

/**
 * Where K3s or RKE2 keeps certificates: all `*.crt` of `server/tls`, `server/tls/etcd` and `agent` (versions differ in which
 * there are), the listener's `dynamic-cert.json`, the administrator's kubeconfig and the parts' own.
 */
export async function k3sSources(
  root: Root,
  node: { distribution: Distribution | null; role: string | null; paths: NodePaths },
): Promise<Source[]> {
  const owner = node.distribution === 'rke2' ? 'rke2' : 'k3s';
  const dataDir = node.paths.dataDir!;
  const server = node.role === 'server';
  const tls = `${dataDir}/server/tls`;
  const agent = await certificates(root, `${dataDir}/agent`, 'agent/', server ? [] : REQUIRED_OF_AGENT);
  if (!server) return [...agent, ...(await kubeconfigs(root, `${dataDir}/agent`, 'agent/', owner))].map(withOwner);
  return [
    ...withoutRenamed(await certificates(root, tls, '', REQUIRED), owner),
    ...(await certificates(root, `${tls}/etcd`, 'etcd/', [])),
    source({
      id: 'dynamic-cert',
      path: `${tls}/dynamic-cert.json`,
      format: 'dynamic-cert',
      owner,
      ca: 'server-ca',
      component: 'k3s',
    }),
    source({ id: `${owner}.yaml`, path: node.paths.adminKubeconfig!, format: 'kubeconfig', owner, ca: 'client-ca' }),
    ...(await kubeconfigs(root, `${dataDir}/server/cred`, 'cred/', owner)),
    ...agent,
    ...(await kubeconfigs(root, `${dataDir}/agent`, 'agent/', owner)),
  ].map(withOwner);

  function withOwner(given: Source): Source {
    return given.owner === 'k3s' ? { ...given, owner } : given;
  }
}

/**
 * K3s of mid 2021 gave the cloud controller's certificate another name (pkg/daemons/control/deps/deps.go). The file of the old
 * name stays where it is: nothing loads it and nothing renews it, so that its end is nobody's concern.
 */
function withoutRenamed(found: Source[], owner: 'k3s' | 'rke2'): Source[] {
  const renamed = found.some(({ id }) => id === `client-${owner}-cloud-controller`);
  return found.filter(({ id }) => !renamed || id !== 'client-cloud-controller');
}

async function certificates(root: Root, directory: string, prefix: string, required: string[]): Promise<Source[]> {
  const there = (await names(root, directory))
    .filter((name) => name.endsWith('.crt'))
    .map((name) => `${prefix}${name.slice(0, -4)}`);
  const all = [...new Set([...required.filter((id) => id.startsWith(prefix)), ...there])];
  return all.map((id) => {
    const path = `${directory}/${id.slice(prefix.length)}`;
    const authority = isAuthority(id);
    return source({
      id,
      path: `${path}.crt`,
      format: 'pem',
      owner: authority ? 'cluster-ca' : 'k3s',
      key: { path: `${path}.key`, expected: !authority },
      ca: authority ? null : authorityOf(id),
      component: authority ? null : 'k3s',
      presence: required.includes(id) ? 'required' : 'optional',
    });
  });
}

export const isAuthority = (id: string): boolean => /-ca(\.nochain)?$/.test(id);

function authorityOf(id: string): string | null {
  if (id.startsWith('agent/serving-')) return 'agent/server-ca';
  if (id.startsWith('agent/client-')) return 'agent/client-ca';
  if (id === 'client-auth-proxy') return 'request-header-ca';
  if (id.startsWith('client-')) return 'client-ca';
  if (id.startsWith('serving-')) return 'server-ca';
  if (id.startsWith('etcd/peer-')) return 'etcd/peer-ca';
  return id.startsWith('etcd/') ? 'etcd/server-ca' : null;
}

/** Kubeconfigs of K3s's parts refer to the files above; a broken one is a finding, its certificates are known already. */
async function kubeconfigs(root: Root, directory: string, prefix: string, owner: 'k3s' | 'rke2'): Promise<Source[]> {
  return (await names(root, directory))
    .filter((name) => name.endsWith('.kubeconfig'))
    .map((name) =>
      source({
        id: `${prefix}${name}`,
        path: `${directory}/${name}`,
        format: 'kubeconfig',
        owner,
        presence: 'optional',
      }),
    );
}
