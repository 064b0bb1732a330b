// The certificates of a kubeadm node, as kubeadm's own tables name them (cmd/kubeadm/app/phases/certs and .../renewal).
import type { Subject } from './pki.ts';

export type KubeadmAuthority = {
  /** How `check-expiration` calls it. */
  name: 'ca' | 'etcd-ca' | 'front-proxy-ca';
  /** Path below the certificate directory, without extension; kubeadm's errors call the CA so. */
  baseName: string;
  commonName: string;
};

export const authorities: KubeadmAuthority[] = [
  { name: 'ca', baseName: 'ca', commonName: 'kubernetes' },
  { name: 'etcd-ca', baseName: 'etcd/ca', commonName: 'etcd-ca' },
  { name: 'front-proxy-ca', baseName: 'front-proxy-ca', commonName: 'front-proxy-ca' },
];

export type KubeadmCertificate = {
  /** The name `kubeadm certs renew` takes. */
  name: string;
  longName: string;
  ca: KubeadmAuthority['name'];
  /** Path below the certificate directory without extension, or the kubeconfig's file name. */
  baseName: string;
  kubeconfig: boolean;
  usages: ('server' | 'client')[];
  subject(node: { nodeName: string; minor: number }): Subject;
  sans?(node: { nodeName: string; cluster: { address: string } | null }): string[];
};

/** In kubeadm's order, which is alphabetical. */
export function kubeadmCertificates(minor: number): KubeadmCertificate[] {
  return certificates.filter((certificate) => certificate.name !== 'super-admin.conf' || minor >= 29);
}

/** Names that do not exist where etcd is external. */
export function belongsToLocalEtcd(certificate: { ca: string }): boolean {
  return certificate.ca === 'etcd-ca';
}

// From v1.29 on the administrators are an ordinary group, so that their rights can be taken away.
const administrators = (minor: number) => (minor >= 29 ? ['kubeadm:cluster-admins'] : ['system:masters']);
const etcdClients = (minor: number) => (minor >= 29 ? [] : ['system:masters']);
const etcdNames = ({ nodeName, cluster }: { nodeName: string; cluster: { address: string } | null }) => [
  nodeName,
  'localhost',
  ...(cluster === null ? [] : [cluster.address]),
  '127.0.0.1',
  '::1',
];

const embedded = (user: string) => `certificate embedded in the kubeconfig file for the ${user}`;

const certificates: KubeadmCertificate[] = [
  {
    name: 'admin.conf',
    longName: embedded('admin to use and for kubeadm itself'),
    ca: 'ca',
    baseName: 'admin.conf',
    kubeconfig: true,
    usages: ['client'],
    subject: ({ minor }) => ({ commonName: 'kubernetes-admin', organizations: administrators(minor) }),
  },
  {
    name: 'apiserver',
    longName: 'certificate for serving the Kubernetes API',
    ca: 'ca',
    baseName: 'apiserver',
    kubeconfig: false,
    usages: ['server'],
    subject: () => ({ commonName: 'kube-apiserver' }),
    sans: ({ nodeName, cluster }) => [
      nodeName,
      ...(cluster === null ? [] : [cluster.address]),
      'kubernetes',
      'kubernetes.default',
      'kubernetes.default.svc',
      'kubernetes.default.svc.cluster.local',
      '10.96.0.1',
      '127.0.0.1',
    ],
  },
  {
    name: 'apiserver-etcd-client',
    longName: 'certificate the apiserver uses to access etcd',
    ca: 'etcd-ca',
    baseName: 'apiserver-etcd-client',
    kubeconfig: false,
    usages: ['client'],
    subject: ({ minor }) => ({ commonName: 'kube-apiserver-etcd-client', organizations: etcdClients(minor) }),
  },
  {
    name: 'apiserver-kubelet-client',
    longName: 'certificate for the API server to connect to kubelet',
    ca: 'ca',
    baseName: 'apiserver-kubelet-client',
    kubeconfig: false,
    usages: ['client'],
    subject: ({ minor }) => ({ commonName: 'kube-apiserver-kubelet-client', organizations: administrators(minor) }),
  },
  {
    name: 'controller-manager.conf',
    longName: embedded('controller manager to use'),
    ca: 'ca',
    baseName: 'controller-manager.conf',
    kubeconfig: true,
    usages: ['client'],
    subject: () => ({ commonName: 'system:kube-controller-manager' }),
  },
  {
    name: 'etcd-healthcheck-client',
    longName: 'certificate for liveness probes to healthcheck etcd',
    ca: 'etcd-ca',
    baseName: 'etcd/healthcheck-client',
    kubeconfig: false,
    usages: ['client'],
    subject: ({ minor }) => ({ commonName: 'kube-etcd-healthcheck-client', organizations: etcdClients(minor) }),
  },
  {
    name: 'etcd-peer',
    longName: 'certificate for etcd nodes to communicate with each other',
    ca: 'etcd-ca',
    baseName: 'etcd/peer',
    kubeconfig: false,
    usages: ['server', 'client'],
    subject: ({ nodeName }) => ({ commonName: nodeName }),
    sans: etcdNames,
  },
  {
    name: 'etcd-server',
    longName: 'certificate for serving etcd',
    ca: 'etcd-ca',
    baseName: 'etcd/server',
    kubeconfig: false,
    usages: ['server', 'client'],
    subject: ({ nodeName }) => ({ commonName: nodeName }),
    sans: etcdNames,
  },
  {
    name: 'front-proxy-client',
    longName: 'certificate for the front proxy client',
    ca: 'front-proxy-ca',
    baseName: 'front-proxy-client',
    kubeconfig: false,
    usages: ['client'],
    subject: () => ({ commonName: 'front-proxy-client' }),
  },
  {
    name: 'scheduler.conf',
    longName: embedded('scheduler manager to use'),
    ca: 'ca',
    baseName: 'scheduler.conf',
    kubeconfig: true,
    usages: ['client'],
    subject: () => ({ commonName: 'system:kube-scheduler' }),
  },
  {
    name: 'super-admin.conf',
    longName: embedded('super-admin'),
    ca: 'ca',
    baseName: 'super-admin.conf',
    kubeconfig: true,
    usages: ['client'],
    subject: () => ({ commonName: 'kubernetes-super-admin', organizations: ['system:masters'] }),
  },
];
