import type { Owner } from '../../src/domain/model/certificate.ts';
import type { Inventory, ServedCertificate } from '../../src/domain/model/inventory.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import {
  authority,
  type Ends,
  NO_STATIC_POD,
  type NodeKind,
  node,
  observed,
  preconditions,
  serves,
  staticPod,
} from './parts.ts';

const K3S_SERVER = [
  'client-admin',
  'client-auth-proxy',
  'client-controller',
  'client-kube-apiserver',
  'client-kube-proxy',
  'client-scheduler',
  'etcd/client',
  'etcd/peer-server-client',
  'etcd/server-client',
  'serving-kube-apiserver',
];
const K3S_AGENT = ['client-kube-proxy', 'client-kubelet', 'serving-kubelet'];

export function k3sNode(kind: NodeKind, ends: Ends): Inventory {
  const flavour = kind.startsWith('rke2') ? 'rke2' : 'k3s';
  const server = kind.endsWith('-server');
  const data = `/var/lib/rancher/${flavour}`;
  const kubeconfig = `/etc/rancher/${flavour}/${flavour}.yaml`;
  const common = { owner: flavour as Owner, notAfter: ends.leafEnd, caEnd: ends.caEnd, component: 'k3s' as const };
  const leaves = [
    ...(server ? K3S_SERVER : []).map((id) =>
      observed({ ...common, id, path: `${data}/server/tls/${id}.crt`, ca: k3sAuthorityOf(id) }),
    ),
    ...K3S_AGENT.map((id) =>
      observed({ ...common, id: `agent/${id}`, path: `${data}/agent/${id}.crt`, ca: k3sAuthorityOf(id) }),
    ),
  ];
  const dynamic = `${data}/server/tls/dynamic-cert.json`;
  const listener = observed({
    ...common,
    id: 'dynamic-cert',
    path: dynamic,
    place: { kind: 'dynamic-cert', path: dynamic, index: 0 },
    keyPath: dynamic,
    ca: 'server-ca',
  });
  const admin = observed({
    ...common,
    id: `${flavour}.yaml`,
    path: kubeconfig,
    place: { kind: 'kubeconfig', path: kubeconfig, entry: 'user', name: 'default', index: 0 },
    keyPath: kubeconfig,
    ca: 'client-ca',
    component: null,
  });
  const cas = ['client-ca', 'server-ca', ...(server ? ['request-header-ca', 'etcd/server-ca', 'etcd/peer-ca'] : [])];
  const caDir = server ? `${data}/server/tls` : `${data}/agent`;
  return {
    takenAt: ends.now,
    node: {
      ...node(flavour, server ? 'server' : 'agent'),
      version: flavour === 'k3s' ? 'v1.33.1+k3s1' : 'v1.33.1+rke2r1',
      paths: {
        certificatesDir: caDir,
        kubeconfigDir: `${data}/server/cred`,
        manifestsDir: null,
        dataDir: data,
        adminKubeconfig: server ? kubeconfig : null,
      },
    },
    certificates: [
      ...leaves,
      ...(server ? [listener, admin] : []),
      ...cas.map((ca) => authority(ca, `${caDir}/${ca}.crt`, ends, server)),
    ],
    findings: [],
    served: server ? served(flavour) : [],
    preconditions: {
      ...preconditions(flavour === 'k3s' && server ? 'k3s' : kind),
      caKeys: server ? cas.map((ca) => ({ ca, path: `${caDir}/${ca}.key`, state: 'present' })) : [],
      components: [{ ...staticPod('kube-apiserver'), ...NO_STATIC_POD, name: 'k3s', health: null }],
      restartWindow: 120 * DAY,
    },
    clock: { synchronized: true, detail: '', doubt: null },
  };
}

function served(flavour: 'k3s' | 'rke2'): ServedCertificate[] {
  if (flavour === 'k3s') return [serves('k3s', 6443, 'dynamic-cert')];
  return [serves('kube-apiserver', 6443, 'serving-kube-apiserver'), serves('rke2-supervisor', 9345, 'dynamic-cert')];
}

function k3sAuthorityOf(id: string): string {
  if (id.startsWith('etcd/peer')) return 'etcd/peer-ca';
  if (id.startsWith('etcd/')) return 'etcd/server-ca';
  if (id === 'client-auth-proxy') return 'request-header-ca';
  return id.startsWith('client-') ? 'client-ca' : 'server-ca';
}
