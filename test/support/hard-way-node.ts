import type { ComponentHealth, Inventory } from '../../src/domain/model/inventory.ts';
import { authority, type Ends, NO_STATIC_POD, node, observed, preconditions, serves, staticPod } from './parts.ts';

const DATA = '/var/lib/kubernetes';

export function hardWayNode(ends: Ends): Inventory {
  const common = { owner: 'operator', notAfter: ends.leafEnd, caEnd: ends.caEnd, ca: `${DATA}/ca.pem` } as const;
  const pair = (path: string, component: ComponentHealth['name']) => observed({ ...common, id: path, path, component });
  const conf = `${DATA}/kube-scheduler.kubeconfig`;
  const place = { kind: 'kubeconfig', path: conf, entry: 'user', name: 'default', index: 0 } as const;
  const scheduler = observed({ ...common, id: conf, path: conf, place, keyPath: conf, component: 'kube-scheduler' });
  const runs = (name: 'kube-apiserver' | 'etcd' | 'kube-scheduler', files: string[]): ComponentHealth => ({
    ...staticPod(name),
    ...NO_STATIC_POD,
    health: null,
    runBy: { unit: name, files },
  });
  return {
    takenAt: ends.now,
    node: {
      ...node('hard-way', 'control-plane'),
      paths: {
        certificatesDir: DATA,
        kubeconfigDir: DATA,
        manifestsDir: null,
        dataDir: null,
        adminKubeconfig: null,
      },
    },
    certificates: [
      pair(`${DATA}/kubernetes.pem`, 'kube-apiserver'),
      scheduler,
      authority(`${DATA}/ca.pem`, `${DATA}/ca.pem`, ends, false),
    ],
    findings: [],
    served: [
      serves('kube-apiserver', 6443, `${DATA}/kubernetes.pem`),
      serves('etcd-peer', 2380, `${DATA}/kubernetes.pem`),
    ],
    preconditions: {
      ...preconditions('kube-apiserver'),
      components: [
        runs('kube-apiserver', [`${DATA}/kubernetes.pem`, `${DATA}/ca.pem`]),
        runs('etcd', [`${DATA}/kubernetes.pem`, `${DATA}/ca.pem`]),
        runs('kube-scheduler', [conf]),
      ],
    },
    clock: { synchronized: true, detail: '', doubt: null },
  };
}
