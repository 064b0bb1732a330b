// The certificates of a k0s controller (k0s cmd/controller/certificates.go, pkg/component/controller/etcd.go). Paths are
// below its pki directory, without extension.
import type { NodeRecord } from './options.ts';
import type { Issued, Subject } from './pki.ts';
import { issueCertificate } from './pki.ts';

export type K0sLeaf = { path: string; ca: string; subject: Subject; sans?: string[]; kubeconfig?: true };

/** Each with the common name by which k0s knows what it may issue again. */
export const k0sAuthorities = [
  { path: 'ca', commonName: 'kubernetes-ca' },
  { path: 'front-proxy-ca', commonName: 'kubernetes-front-proxy-ca' },
  { path: 'etcd/ca', commonName: 'etcd-ca' },
];

export function k0sLeaves({ nodeName }: NodeRecord): K0sLeaf[] {
  const names = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'localhost', nodeName, '127.0.0.1'];
  const local = ['localhost', '127.0.0.1'];
  return [
    leaf('front-proxy-client', 'front-proxy-ca', 'front-proxy-client', 'front-proxy-client'),
    { ...leaf('admin', 'ca', 'kubernetes-admin', 'system:masters'), kubeconfig: true },
    { ...leaf('konnectivity', 'ca', 'kubernetes-konnectivity', 'system:masters'), kubeconfig: true },
    { ...leaf('ccm', 'ca', 'system:kube-controller-manager', 'system:kube-controller-manager'), kubeconfig: true },
    { ...leaf('scheduler', 'ca', 'system:kube-scheduler', 'system:kube-scheduler'), kubeconfig: true },
    leaf('apiserver-kubelet-client', 'ca', 'apiserver-kubelet-client', 'system:masters'),
    { ...leaf('server', 'ca', 'kubernetes', 'kubernetes'), sans: names },
    { ...leaf('k0s-api', 'ca', 'k0s-api', 'kubernetes'), sans: names },
    { ...leaf('apiserver-etcd-client', 'etcd/ca', 'apiserver-etcd-client', 'apiserver-etcd-client'), sans: local },
    { ...leaf('etcd/server', 'etcd/ca', 'etcd-server', 'etcd-server'), sans: local },
    { ...leaf('etcd/peer', 'etcd/ca', '127.0.0.1', 'etcd-peer'), sans: ['127.0.0.1'] },
  ];
}

export function issueK0sLeaf(
  { subject, sans = [] }: K0sLeaf,
  ca: Issued,
  validity: { notBefore: number; notAfter: number },
): Promise<Issued> {
  return issueCertificate({ ca, subject, sans, usages: ['server', 'client'], ...validity });
}

function leaf(path: string, ca: string, commonName: string, organization: string): K0sLeaf {
  return { path, ca, subject: { commonName, organizations: [organization] } };
}
