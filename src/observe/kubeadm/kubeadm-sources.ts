import type { Role } from '../../domain/distributions/names.ts';
import type { ComponentName, NodePaths } from '../../domain/model/inventory.ts';
import type { Root } from '../../host/root.ts';
import type { KubeletSettings } from '../kubelet-settings.ts';
import { kubeletSources } from '../kubelet-sources.ts';
import { namedByFlags } from '../named-files.ts';
import { exists } from '../node-files.ts';
import { type Source, source } from '../source.ts';
import type { StaticPod } from '../static-pod-manifest.ts';

type Entry = { name: string; ca: string; component: ComponentName | null; file?: string; etcd?: true; optional?: true };

/** kubeadm's own tables (cmd/kubeadm/app/phases/certs/certlist.go and …/renewal/manager.go): names as `certs renew` takes them. */
const CERTIFICATES: Entry[] = [
  { name: 'apiserver', ca: 'ca', component: 'kube-apiserver' },
  { name: 'apiserver-etcd-client', ca: 'etcd-ca', component: 'kube-apiserver', etcd: true },
  { name: 'apiserver-kubelet-client', ca: 'ca', component: 'kube-apiserver' },
  { name: 'etcd-healthcheck-client', file: 'etcd/healthcheck-client', ca: 'etcd-ca', component: null, etcd: true },
  { name: 'etcd-peer', file: 'etcd/peer', ca: 'etcd-ca', component: 'etcd', etcd: true },
  { name: 'etcd-server', file: 'etcd/server', ca: 'etcd-ca', component: 'etcd', etcd: true },
  { name: 'front-proxy-client', ca: 'front-proxy-ca', component: 'kube-apiserver' },
];

const KUBECONFIGS: Entry[] = [
  { name: 'admin.conf', ca: 'ca', component: null },
  { name: 'controller-manager.conf', ca: 'ca', component: 'kube-controller-manager' },
  { name: 'scheduler.conf', ca: 'ca', component: 'kube-scheduler' },
  // From v1.29 on, and only on the node where the cluster began.
  { name: 'super-admin.conf', ca: 'ca', component: null, optional: true },
];

const AUTHORITIES = [
  { name: 'ca', file: 'ca' },
  { name: 'etcd-ca', file: 'etcd/ca' },
  { name: 'front-proxy-ca', file: 'front-proxy-ca' },
];

/** Where a kubeadm node keeps certificates. A leaf whose CA's key is not on the node is `external-ca`: kubeadm cannot renew it. */
export async function kubeadmSources(
  root: Root,
  node: { role: Role; paths: NodePaths; pods: StaticPod[]; kubelet: KubeletSettings },
): Promise<Source[]> {
  const { certificatesDir, kubeconfigDir } = node.paths;
  if (node.role !== 'control-plane')
    return [
      authority('ca', `${certificatesDir}/ca`),
      ...(await kubeletSources(root, `${kubeconfigDir}/kubelet.conf`, node.kubelet)),
    ];

  const localEtcd = await hasLocalEtcd(root, certificatesDir, node.pods);
  const withKey = new Set<string>();
  for (const { name, file } of AUTHORITIES) if (await exists(root, `${certificatesDir}/${file}.key`)) withKey.add(name);
  const owner = (entry: Entry) => {
    // With an external etcd these may exist under kubeadm's file names, but kubeadm does not know them.
    if (entry.etcd && !localEtcd) return 'operator' as const;
    return withKey.has(entry.ca) ? ('kubeadm' as const) : ('external-ca' as const);
  };

  const sources = [
    ...AUTHORITIES.map(({ name, file }) =>
      authority(name, `${certificatesDir}/${file}`, name === 'etcd-ca' && !localEtcd ? 'optional' : 'required'),
    ),
    ...CERTIFICATES.map((entry) => {
      const path = `${certificatesDir}/${entry.file ?? entry.name}`;
      return source({
        id: entry.name,
        path: `${path}.crt`,
        format: 'pem',
        owner: owner(entry),
        key: { path: `${path}.key`, expected: true },
        ca: entry.ca,
        component: entry.component,
        presence: entry.etcd && !localEtcd ? 'optional' : 'required',
      });
    }),
    ...KUBECONFIGS.map((entry) =>
      source({
        id: entry.name,
        path: `${kubeconfigDir}/${entry.name}`,
        format: 'kubeconfig',
        owner: owner(entry),
        ca: entry.ca,
        component: entry.component,
        presence: entry.optional ? 'optional' : 'required',
      }),
    ),
    ...(await kubeletSources(root, `${kubeconfigDir}/kubelet.conf`, node.kubelet)),
  ];
  return [...sources, ...namedByFlags(node.pods, sources)];
}

async function hasLocalEtcd(root: Root, certificatesDir: string, pods: StaticPod[]): Promise<boolean> {
  return pods.some(({ component }) => component === 'etcd') || exists(root, `${certificatesDir}/etcd/server.crt`);
}

function authority(name: string, path: string, presence: Source['presence'] = 'required'): Source {
  return source({
    id: name,
    path: `${path}.crt`,
    format: 'pem',
    owner: 'cluster-ca',
    key: { path: `${path}.key`, expected: false },
    presence,
  });
}
