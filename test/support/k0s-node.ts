import type { Inventory } from '../../src/domain/model/inventory.ts';
import { authority, type Ends, NO_STATIC_POD, node, observed, preconditions, serves, staticPod } from './parts.ts';

const PKI = '/var/lib/k0s/pki';
const LEAVES: Record<string, string[]> = {
  ca: ['admin', 'apiserver-kubelet-client', 'ccm', 'k0s-api', 'konnectivity', 'scheduler', 'server'],
  'front-proxy-ca': ['front-proxy-client'],
  'etcd/ca': ['apiserver-etcd-client', 'etcd/peer', 'etcd/server'],
};

export function k0sNode(ends: Ends): Inventory {
  const common = { owner: 'k0s', notAfter: ends.leafEnd, caEnd: ends.caEnd, component: 'k0s' } as const;
  const leaves = Object.entries(LEAVES).flatMap(([ca, ids]) =>
    ids.map((id) => observed({ ...common, id, path: `${PKI}/${id}.crt`, ca })),
  );
  const kubeconfigs = ['admin.conf', 'ccm.conf', 'konnectivity.conf', 'scheduler.conf'].map((id) => {
    const path = `${PKI}/${id}`;
    const place = { kind: 'kubeconfig', path, entry: 'user', name: 'user', index: 0 } as const;
    return observed({ ...common, id, path, place, keyPath: path, ca: 'ca' });
  });
  const kubelet = observed({
    ...common,
    id: 'kubelet-client',
    path: '/var/lib/k0s/kubelet/pki/kubelet-client-current.pem',
    keyPath: '/var/lib/k0s/kubelet/pki/kubelet-client-current.pem',
    owner: 'kubelet',
    component: 'kubelet',
    ca: 'ca',
  });
  return {
    takenAt: ends.now,
    node: {
      ...node('k0s', 'controller'),
      version: 'v1.36.3+k0s.0',
      paths: {
        certificatesDir: PKI,
        kubeconfigDir: PKI,
        manifestsDir: null,
        dataDir: '/var/lib/k0s',
        adminKubeconfig: `${PKI}/admin.conf`,
      },
    },
    certificates: [
      ...leaves,
      ...kubeconfigs,
      kubelet,
      ...Object.keys(LEAVES).map((ca) => authority(ca, `${PKI}/${ca}.crt`, ends, true)),
    ],
    findings: [],
    served: [
      serves('kube-apiserver', 6443, 'server'),
      serves('etcd', 2379, 'etcd/server'),
      serves('etcd-peer', 2380, 'etcd/peer'),
      serves('k0s', 9443, 'k0s-api'),
    ],
    preconditions: {
      ...preconditions('k0scontroller'),
      components: [{ ...staticPod('kube-apiserver'), ...NO_STATIC_POD, name: 'k0s', health: null }],
    },
    clock: { synchronized: true, detail: '', doubt: null },
  };
}
