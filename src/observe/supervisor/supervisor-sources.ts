import type { Distribution } from '../../domain/distributions/names.ts';
import { PROCESS } from '../../domain/distributions/restarted-unit.ts';
import type { Root } from '../../host/root.ts';
import { names } from '../node-files.ts';
import { type Source, source } from '../source.ts';

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
 * there are), the listener's `dynamic-cert.json`, the administrator's kubeconfig and the components' own.
 */
export async function supervisorSources(
  root: Root,
  {
    owner,
    dataDir,
    kubeconfig,
    isServer,
  }: { owner: Distribution; dataDir: string; kubeconfig: string; isServer: boolean },
): Promise<Source[]> {
  const tls = `${dataDir}/server/tls`;
  const ofAgent = { directory: `${dataDir}/agent`, prefix: 'agent/', owner };
  const agent = [
    ...(await certificates(root, { ...ofAgent, required: isServer ? [] : REQUIRED_OF_AGENT })),
    ...(await kubeconfigs(root, ofAgent)),
  ];
  if (!isServer) return agent;
  return [
    ...withoutRenamed(await certificates(root, { directory: tls, prefix: '', owner, required: REQUIRED }), owner),
    ...(await certificates(root, { directory: `${tls}/etcd`, prefix: 'etcd/', owner, required: [] })),
    source({
      id: 'dynamic-cert',
      path: `${tls}/dynamic-cert.json`,
      format: 'dynamic-cert',
      owner,
      ca: 'server-ca',
      component: PROCESS,
    }),
    source({ id: `${owner}.yaml`, path: kubeconfig, format: 'kubeconfig', owner, ca: 'client-ca' }),
    ...(await kubeconfigs(root, { directory: `${dataDir}/server/cred`, prefix: 'cred/', owner })),
    ...agent,
  ];
}

/** A directory of files with one owner; `prefix` comes before their names in ids. */
type Directory = { directory: string; prefix: string; owner: Distribution };

/**
 * K3s of mid 2021 gave the cloud controller's certificate another name (pkg/daemons/control/deps/deps.go). The file of the old
 * name stays: nothing loads or renews it, so its expiry does not matter.
 */
function withoutRenamed(found: Source[], owner: Distribution): Source[] {
  const renamed = found.some(({ id }) => id === `client-${owner}-cloud-controller`);
  return found.filter(({ id }) => !renamed || id !== 'client-cloud-controller');
}

async function certificates(
  root: Root,
  { directory, prefix, owner, required }: Directory & { required: string[] },
): Promise<Source[]> {
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
      owner: authority ? 'cluster-ca' : owner,
      key: { path: `${path}.key`, expected: !authority },
      ca: authority ? null : authorityOf(id),
      component: authority ? null : PROCESS,
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

/** Kubeconfigs of K3s's components refer to the files above; a broken one is a finding, its certificates are known already. */
async function kubeconfigs(root: Root, { directory, prefix, owner }: Directory): Promise<Source[]> {
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
