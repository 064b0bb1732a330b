import { K0S, renewsUnder } from '../../domain/distributions/k0s.ts';
import type { Owner } from '../../domain/model/certificate.ts';
import type { Root } from '../../host/root.ts';
import { kubeletSources } from '../kubelet-sources.ts';
import { exists } from '../node-files.ts';
import { readSources } from '../read-sources.ts';
import { type Source, source } from '../source.ts';
import type { K0sSettings } from './k0s-settings.ts';

/** Leaves by the CA that signs them (k0s cmd/controller/certificates.go, pkg/component/controller/etcd.go). */
const LEAVES: Record<string, string[]> = {
  ca: ['admin', 'apiserver-kubelet-client', 'ccm', 'k0s-api', 'konnectivity', 'scheduler', 'server'],
  'front-proxy-ca': ['front-proxy-client'],
  'etcd/ca': ['apiserver-etcd-client', 'etcd/peer', 'etcd/server'],
};
/** The same certificates as those of their names, embedded, and written at every start. */
const KUBECONFIGS = ['admin.conf', 'ccm.conf', 'konnectivity.conf', 'scheduler.conf'];
/** A controller without konnectivity removes its files. */
const OPTIONAL = ['konnectivity', 'konnectivity.conf'];

/** Where a controller keeps certificates; with `--enable-worker` or `--single` it has a worker's as well. */
export async function controllerSources(
  root: Root,
  node: K0sSettings,
  version: () => Promise<string | null>,
): Promise<Source[]> {
  const pki = pkiOf(node);
  // k0s keeps its state in another database than etcd, or uses another machine's.
  const hasEtcd = (await exists(root, `${pki}/etcd/ca.crt`)) || (await exists(root, `${pki}/etcd/server.crt`));
  const authorities = Object.keys(LEAVES).filter((id) => id !== 'etcd/ca' || hasEtcd);
  const own = await Promise.all(
    authorities.map(async (ca): Promise<Source[]> => {
      const authority = authorityOf(pki, ca);
      const owner = await ownerUnder(root, authority, await version());
      const leaves = LEAVES[ca]!.map((id) =>
        source({
          id,
          path: `${pki}/${id}.crt`,
          format: 'pem',
          key: { path: `${pki}/${id}.key`, expected: true },
          ...common(id, owner, ca),
        }),
      );
      // What k0s keeps is the operator's; the kubeconfigs hold the same.
      const configs = ca === 'ca' && owner === K0S ? KUBECONFIGS : [];
      const kubeconfigs = configs.map((id) =>
        source({ id, path: `${pki}/${id}`, format: 'kubeconfig', ...common(id, owner, ca) }),
      );
      return [authority, ...leaves, ...kubeconfigs];
    }),
  );
  const worker = (await exists(root, kubeconfigOf(node))) ? await kubelet(root, node) : [];
  return [...own.flat(), ...externalEtcd(node), ...worker];
}

/** A worker's kubelet rotates its own certificates, and k0s renews none of them. */
export async function workerSources(root: Root, node: K0sSettings): Promise<Source[]> {
  return [authorityOf(pkiOf(node), 'ca'), ...(await kubelet(root, node))];
}

export const pkiOf = ({ dataDir }: Pick<K0sSettings, 'dataDir'>): string => `${dataDir}/pki`;
/** The kubelet's (k0s pkg/config/cfgvars.go: KubeletAuthConfigPath). */
export const kubeconfigOf = ({ dataDir }: Pick<K0sSettings, 'dataDir'>): string => `${dataDir}/kubelet.conf`;

/** k0s decides by the CA's name whether it issues a leaf again. */
async function ownerUnder(root: Root, authority: Source, version: string | null): Promise<Owner> {
  const [read] = await readSources(root, [authority]);
  const ca = read?.certificates[0]?.certificate;
  return ca === undefined || renewsUnder(authority.id, ca, version) ? K0S : 'operator';
}

function common(id: string, owner: Owner, ca: string): Pick<Source, 'owner' | 'ca' | 'component' | 'presence'> {
  return { owner, ca, component: K0S, presence: OPTIONAL.includes(id) ? 'optional' : 'required' };
}

function authorityOf(pki: string, id: string): Source {
  return source({
    id,
    path: `${pki}/${id}.crt`,
    format: 'pem',
    owner: 'cluster-ca',
    key: { path: `${pki}/${id}.key`, expected: false },
  });
}

function externalEtcd({ externalEtcd: { ca, certificate, key } }: K0sSettings): Source[] {
  const operators = { format: 'pem', owner: 'operator', component: K0S } as const;
  return [
    ...(ca === null ? [] : [source({ id: ca, path: ca, ...operators })]),
    ...(certificate === null
      ? []
      : [
          source({
            id: certificate,
            path: certificate,
            key: key === null ? null : { path: key, expected: true },
            ...operators,
          }),
        ]),
  ];
}

/** k0s pkg/component/worker/kubelet.go: `--cert-dir`. */
function kubelet(root: Root, node: K0sSettings): Promise<Source[]> {
  const settings = {
    certificatesDir: `${node.dataDir}/kubelet/pki`,
    servingCertificate: null,
    servingKey: null,
  };
  return kubeletSources(root, kubeconfigOf(node), settings);
}
