import type { Distribution } from '../../domain/distributions/names.ts';
import { PROCESS } from '../../domain/distributions/restarted-unit.ts';
import {
  keepsProxyLeaves,
  LEAVES_OF_EVERY_VERSION,
  makesServingLeaves,
} from '../../domain/distributions/server-leaves.ts';
import type { Owner } from '../../domain/model/certificate.ts';
import type { Root } from '../../host/root.ts';
import { names } from '../node-files.ts';
import { type Source, source } from '../source.ts';
import type { ServerPart, ServingComponent } from './supervisor-settings.ts';

/** Leaves and CAs that every version has (pkg/daemons/control/deps/deps.go); other files there are read as well. */
const REQUIRED = ['client-ca', 'server-ca', 'request-header-ca', ...LEAVES_OF_EVERY_VERSION];
/** Those of a part that another server runs are there as well, but nobody uses them here, nor a kubeconfig that names them. */
const USED_BY: Record<ServerPart, string[]> = {
  apiserver: ['client-auth-proxy', 'client-kube-apiserver', 'serving-kube-apiserver', 'cred/api-server.kubeconfig'],
  etcd: [],
  'controller-manager': ['client-controller', 'cred/controller.kubeconfig'],
  scheduler: ['client-scheduler', 'cred/scheduler.kubeconfig'],
};
/** Each serves the certificate of its name, in a directory of its name. */
export const SERVING: readonly ServingComponent[] = ['kube-controller-manager', 'kube-scheduler'];
export const servingId = (component: ServingComponent): string => `${component}/${component}`;

const REQUIRED_OF_AGENT = ['agent/client-ca', 'agent/server-ca', 'agent/client-kubelet', 'agent/serving-kubelet'];

/**
 * Where K3s or RKE2 keeps certificates: all `*.crt` of `server/tls`, `server/tls/etcd` and `agent` (versions differ in which
 * there are), what the scheduler and the controller manager serve, the listener's `dynamic-cert.json`, the administrator's
 * kubeconfig and the components' own.
 */
export async function supervisorSources(
  root: Root,
  {
    owner,
    dataDir,
    kubeconfig,
    isServer,
    version,
    disabled,
  }: {
    owner: Distribution;
    dataDir: string;
    kubeconfig: string;
    isServer: boolean;
    version: string | null;
    disabled: ServerPart[];
  },
): Promise<Source[]> {
  const tls = `${dataDir}/server/tls`;
  const ofAgent = { directory: `${dataDir}/agent`, prefix: 'agent/', owner };
  const agent = [
    ...(await certificates(root, { ...ofAgent, required: isServer ? [] : REQUIRED_OF_AGENT })),
    ...(await kubeconfigs(root, ofAgent)),
  ];
  if (!isServer) return agent;
  const unused = disabled.flatMap((part) => USED_BY[part]);
  const required = [...REQUIRED, ...(keepsProxyLeaves(version) === true ? ['client-kube-proxy'] : [])].filter(
    (id) => !unused.includes(id),
  );
  return [
    ...withoutUnused(await certificates(root, { directory: tls, prefix: '', owner, required }), owner, version),
    ...(await certificates(root, { directory: `${tls}/etcd`, prefix: 'etcd/', owner, required: [] })),
    ...(await servingCertificates(root, tls, makesServingLeaves(version) ? owner : 'operator')),
    source({
      id: 'dynamic-cert',
      path: `${tls}/dynamic-cert.json`,
      format: 'dynamic-cert',
      owner,
      ca: 'server-ca',
      component: PROCESS,
    }),
    // Operators remove it; K3s makes it at its next start.
    source({
      id: `${owner}.yaml`,
      path: kubeconfig,
      format: 'kubeconfig',
      owner,
      ca: 'client-ca',
      presence: 'optional',
    }),
    ...(await kubeconfigs(root, { directory: `${dataDir}/server/cred`, prefix: 'cred/', owner })).filter(
      ({ id }) => !unused.includes(id),
    ),
    ...agent,
  ];
}

/** A directory of files with one owner; `prefix` comes before their names in ids. */
type Directory = { directory: string; prefix: string; owner: Owner };

/**
 * K3s of mid 2021 gave the cloud controller's certificate another name (pkg/daemons/control/deps/deps.go), and later ones
 * stopped using two of the server's. The files stay where they are: nothing loads or renews them, so their expiry concerns nobody.
 */
function withoutUnused(found: Source[], owner: Distribution, version: string | null): Source[] {
  const renamed = found.some(({ id }) => id === `client-${owner}-cloud-controller`);
  const unused = [
    ...(renamed ? ['client-cloud-controller'] : []),
    ...(keepsProxyLeaves(version) === false ? ['client-kube-proxy', `client-${owner}-controller`] : []),
  ];
  return found.filter(({ id }) => !unused.includes(id));
}

/**
 * What 10257 and 10259 serve. Versions that do not make these files have them where a `cert-dir` of the operator points
 * there: the component then makes them once, and a restart does not renew them.
 */
async function servingCertificates(root: Root, tls: string, owner: Owner): Promise<Source[]> {
  const found = await Promise.all(
    SERVING.map(async (name) => {
      const files = await certificates(root, { directory: `${tls}/${name}`, prefix: `${name}/`, owner, required: [] });
      return files.filter(({ id }) => id === servingId(name));
    }),
  );
  return found.flat();
}

async function certificates(
  root: Root,
  { directory, prefix, owner, required }: Directory & { required: string[] },
): Promise<Source[]> {
  const there = (await names(root, directory))
    .filter((name) => name.endsWith('.crt') && !name.endsWith(COPY_OF_CA))
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
      ca: authority ? null : authorityOf(id, owner),
      component: authority || owner === 'operator' ? null : PROCESS,
      presence: required.includes(id) ? 'required' : 'optional',
    });
  });
}

/** Copies of the CAs without the certificates that signed them. */
const COPY_OF_CA = '.nochain.crt';

export const isAuthority = (id: string): boolean => id.endsWith('-ca');

function authorityOf(id: string, owner: Owner): string | null {
  if (id.startsWith('agent/serving-')) return 'agent/server-ca';
  if (id.startsWith('agent/client-')) return 'agent/client-ca';
  if (id === 'client-auth-proxy') return 'request-header-ca';
  if (id.startsWith('client-')) return 'client-ca';
  if (id.startsWith('serving-') || (id.startsWith('kube-') && owner !== 'operator')) return 'server-ca';
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
