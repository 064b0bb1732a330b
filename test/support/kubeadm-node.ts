import type {
  ComponentName,
  Inventory,
  ObservedCertificate,
  ServedCertificate,
} from '../../src/domain/model/inventory.ts';
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

const ETCD_NAMES = ['etcd-healthcheck-client', 'etcd-peer', 'etcd-server'];
const KUBEADM_NAMES: Record<string, { ca: string; component: ComponentName | null }> = {
  'admin.conf': { ca: 'ca', component: null },
  apiserver: { ca: 'ca', component: 'kube-apiserver' },
  'apiserver-etcd-client': { ca: 'etcd-ca', component: 'kube-apiserver' },
  'apiserver-kubelet-client': { ca: 'ca', component: 'kube-apiserver' },
  'controller-manager.conf': { ca: 'ca', component: 'kube-controller-manager' },
  'etcd-healthcheck-client': { ca: 'etcd-ca', component: 'etcd' },
  'etcd-peer': { ca: 'etcd-ca', component: 'etcd' },
  'etcd-server': { ca: 'etcd-ca', component: 'etcd' },
  'front-proxy-client': { ca: 'front-proxy-ca', component: 'kube-apiserver' },
  'scheduler.conf': { ca: 'ca', component: 'kube-scheduler' },
  'super-admin.conf': { ca: 'ca', component: null },
};
const PKI = '/etc/kubernetes/pki';

export function kubeadmNode(kind: NodeKind, ends: Ends): Inventory {
  const worker = kind === 'kubeadm-worker';
  const localEtcd = !worker && kind !== 'kubeadm-external-etcd';
  const names = worker
    ? []
    : Object.keys(KUBEADM_NAMES).filter(
        (id) => localEtcd || (!ETCD_NAMES.includes(id) && id !== 'apiserver-etcd-client'),
      );
  const cas = worker ? ['ca'] : localEtcd ? ['ca', 'etcd-ca', 'front-proxy-ca'] : ['ca', 'front-proxy-ca'];
  const external = kind === 'kubeadm-external-ca' ? ['ca'] : [];
  const certificates = [
    ...names.map((id) => kubeadmCertificate(id, external.includes(KUBEADM_NAMES[id]!.ca), ends)),
    ...cas.map((id) =>
      authority(id, `${PKI}/${id === 'etcd-ca' ? 'etcd/ca' : id}.crt`, ends, !worker && !external.includes(id)),
    ),
    observed({
      id: 'kubelet-client',
      owner: 'kubelet',
      path: '/var/lib/kubelet/pki/kubelet-client-current.pem',
      notAfter: ends.leafEnd,
      ca: 'ca',
      caEnd: ends.caEnd,
      component: 'kubelet',
    }),
  ];
  const components = worker
    ? []
    : [...(localEtcd ? ['etcd'] : []), ...STATIC_PODS].map((name) => staticPod(name as ComponentName));
  return {
    takenAt: ends.now,
    node: {
      ...node('kubeadm', worker ? 'worker' : 'control-plane'),
      version: 'v1.36.3',
      paths: {
        certificatesDir: PKI,
        kubeconfigDir: '/etc/kubernetes',
        manifestsDir: '/etc/kubernetes/manifests',
        dataDir: null,
        adminKubeconfig: worker ? null : '/etc/kubernetes/admin.conf',
      },
    },
    certificates,
    findings: [],
    served: worker ? [] : [serves('kube-apiserver', 6443, 'apiserver'), ...(localEtcd ? etcdServed() : [])],
    preconditions: {
      ...preconditions('kubelet'),
      tool: { path: '/usr/bin/kubeadm', version: 'v1.36.3' },
      caKeys: cas
        .filter((ca) => !worker && !external.includes(ca))
        .map((ca) => ({ ca, path: `${PKI}/${ca === 'etcd-ca' ? 'etcd/ca' : ca}.key`, state: 'present' })),
      components: [
        ...components,
        {
          ...staticPod('kube-apiserver'),
          ...NO_STATIC_POD,
          name: 'kubelet',
          health: { scheme: 'http', host: '127.0.0.1', port: 10_248, path: '/healthz' },
        },
      ],
    },
    clock: { synchronized: true, detail: '', doubt: null },
  };
}

const STATIC_PODS: ComponentName[] = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];

function kubeadmCertificate(id: string, external: boolean, { leafEnd, caEnd }: Ends): ObservedCertificate {
  const { ca, component } = KUBEADM_NAMES[id]!;
  const kubeconfig = id.endsWith('.conf');
  const path = kubeconfig
    ? `/etc/kubernetes/${id}`
    : `${PKI}/${ETCD_NAMES.includes(id) ? id.replace('etcd-', 'etcd/') : id}.crt`;
  return observed({
    id,
    owner: external ? 'external-ca' : 'kubeadm',
    path,
    ...(kubeconfig
      ? { place: { kind: 'kubeconfig', path, entry: 'user', name: 'kubernetes', index: 0 } as const, keyPath: path }
      : {}),
    notAfter: leafEnd,
    ca,
    caEnd,
    component,
  });
}

function etcdServed(): ServedCertificate[] {
  return [serves('etcd', 2379, 'etcd-server'), serves('etcd-peer', 2380, 'etcd-peer')];
}
