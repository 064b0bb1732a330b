// The certificates of a K3s or RKE2 node (k3s pkg/daemons/control/deps/deps.go). Paths are below the data directory.
import type { NodeRecord } from './options.ts';
import { k3sFlavour, versionNumbers } from './options.ts';
import type { Issued, Subject } from './pki.ts';
import { issueCertificate } from './pki.ts';

export type K3sLeaf = {
  /** Path without extension. */
  path: string;
  /** Path of the CA without extension. */
  ca: string;
  subject: Subject;
  sans?: string[];
  usages: ('server' | 'client')[];
};

/** The CAs' paths without extension, each with the name that its common name begins with. */
export function k3sAuthorities(node: NodeRecord): { path: string; name: string }[] {
  const flavour = k3sFlavour(node.kind)!;
  return [
    { path: 'server/tls/client-ca', name: `${flavour}-client-ca` },
    { path: 'server/tls/server-ca', name: `${flavour}-server-ca` },
    { path: 'server/tls/request-header-ca', name: `${flavour}-request-header-ca` },
    { path: 'server/tls/etcd/server-ca', name: 'etcd-server-ca' },
    { path: 'server/tls/etcd/peer-ca', name: 'etcd-peer-ca' },
  ];
}

/**
 * Whether the server keeps certificates of kube-proxy and of its controller, of which the agent's are copies; later ones keep
 * the keys only (measured on v1.32.3 and v1.36.3; since when: read).
 */
function keepsProxyLeaves({ version }: NodeRecord): boolean {
  const [, minor, patch] = versionNumbers(version);
  const first: Record<number, number> = { 30: 9, 31: 5, 32: 1 };
  return minor < 33 && patch < (first[minor] ?? Number.POSITIVE_INFINITY);
}

/** The leaves that the server keeps, in the order in which it reads them when it starts: twelve, ten on today's versions. */
export function k3sServerLeaves(node: NodeRecord): K3sLeaf[] {
  const flavour = k3sFlavour(node.kind)!;
  const etcdSans = ['localhost', '127.0.0.1', '::1', node.nodeName];
  return [
    client('client-admin', { commonName: 'system:admin', organizations: ['system:masters'] }),
    client('client-controller', { commonName: 'system:kube-controller-manager' }),
    client('client-scheduler', { commonName: 'system:kube-scheduler' }),
    client('client-kube-apiserver', { commonName: 'kube-apiserver' }),
    ...(keepsProxyLeaves(node)
      ? [
          client('client-kube-proxy', { commonName: 'system:kube-proxy' }),
          client(`client-${flavour}-controller`, { commonName: `system:${flavour}-controller` }),
        ]
      : []),
    client(`client-${flavour}-cloud-controller`, { commonName: `${flavour}-cloud-controller-manager` }),
    {
      path: 'server/tls/serving-kube-apiserver',
      ca: 'server/tls/server-ca',
      subject: { commonName: 'kube-apiserver' },
      sans: listenerSans(node),
      usages: ['server'],
    },
    {
      ...client('client-auth-proxy', { commonName: 'system:auth-proxy' }),
      ca: 'server/tls/request-header-ca',
    },
    {
      path: 'server/tls/etcd/server-client',
      ca: 'server/tls/etcd/server-ca',
      subject: { commonName: 'etcd-server' },
      sans: etcdSans,
      usages: ['server', 'client'],
    },
    {
      path: 'server/tls/etcd/client',
      ca: 'server/tls/etcd/server-ca',
      subject: { commonName: 'etcd-client' },
      usages: ['client'],
    },
    {
      path: 'server/tls/etcd/peer-server-client',
      ca: 'server/tls/etcd/peer-ca',
      subject: { commonName: 'etcd-peer' },
      sans: etcdSans,
      usages: ['server', 'client'],
    },
  ];
}

/**
 * The leaves below agent/; `ofServer` names the server's leaf of which the file is a copy, `serverKey` the server's copy of
 * the key.
 */
export function k3sAgentLeaves(node: NodeRecord): (K3sLeaf & { ofServer?: string; serverKey?: string })[] {
  const flavour = k3sFlavour(node.kind)!;
  const ca = 'server/tls/client-ca';
  const kept = (name: string) =>
    keepsProxyLeaves(node) ? { ofServer: `server/tls/${name}` } : { serverKey: `server/tls/${name}.key` };
  return [
    {
      path: 'agent/client-kubelet',
      ca,
      subject: { commonName: `system:node:${node.nodeName}`, organizations: ['system:nodes'] },
      usages: ['client'],
      serverKey: 'server/tls/client-kubelet.key',
    },
    {
      path: 'agent/serving-kubelet',
      ca: 'server/tls/server-ca',
      subject: { commonName: node.nodeName },
      sans: [node.nodeName, 'localhost', '127.0.0.1'],
      usages: ['server'],
      serverKey: 'server/tls/serving-kubelet.key',
    },
    {
      path: 'agent/client-kube-proxy',
      ca,
      subject: { commonName: 'system:kube-proxy' },
      usages: ['client'],
      ...kept('client-kube-proxy'),
    },
    {
      path: `agent/client-${flavour}-controller`,
      ca,
      subject: { commonName: `system:${flavour}-controller` },
      usages: ['client'],
      ...kept(`client-${flavour}-controller`),
    },
  ];
}

/** A leaf as K3s writes it: the certificate file holds the leaf and its CA. */
export async function issueK3sLeaf(
  leaf: K3sLeaf,
  ca: Issued,
  validity: { notBefore: number; notAfter: number },
  keyPem?: string,
): Promise<Issued> {
  const issued = await issueCertificate({
    ca,
    subject: leaf.subject,
    sans: leaf.sans ?? [],
    usages: leaf.usages,
    ...validity,
    ...(keyPem === undefined ? {} : { keyPem }),
  });
  return { ...issued, certificatePem: `${issued.certificatePem}${ca.certificatePem}` };
}

/** The certificate of the listener (K3s: on 6443, RKE2: on 9345); its subject is the program's name. */
export function listenerSubject(node: NodeRecord): Subject {
  const flavour = k3sFlavour(node.kind)!;
  return { commonName: flavour, organizations: [flavour] };
}

export function listenerSans(node: NodeRecord): string[] {
  const service = 'kubernetes.default.svc';
  const names = ['kubernetes', 'kubernetes.default', service, `${service}.cluster.local`, 'localhost', node.nodeName];
  return [...names, '10.43.0.1', '127.0.0.1'];
}

function client(name: string, subject: Subject): K3sLeaf {
  return { path: `server/tls/${name}`, ca: 'server/tls/client-ca', subject, usages: ['client'] };
}
