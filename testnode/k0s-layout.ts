import { issueK0sLeaf, type K0sLeaf, k0sAuthorities, k0sLeaves } from './k0s-certificates.ts';
import { kubeconfigText } from './kubeconfig-text.ts';
import type { NodeRecord } from './options.ts';
import type { Issued } from './pki.ts';
import { issueAuthority, issueKey, publicKeyPem } from './pki.ts';
import { put } from './put.ts';

export const K0S_PKI = 'var/lib/k0s/pki';

/** What k0s leaves on a controller that runs no pods. Simplified: its files belong to one user. */
export async function layOutK0s(root: string, node: NodeRecord): Promise<void> {
  const cas = new Map<string, Issued>();
  for (const { path, commonName } of k0sAuthorities) {
    const ca = await issueAuthority({ commonName, notBefore: node.caStarts, notAfter: node.caEnds });
    cas.set(path, ca);
    putPair(root, path, ca);
  }
  for (const leaf of k0sLeaves(node)) {
    const ca = cas.get(leaf.ca)!;
    putK0sLeaf(
      root,
      node,
      leaf,
      await issueK0sLeaf(leaf, ca, { notBefore: node.caStarts, notAfter: node.leafEnds }),
      ca,
    );
  }
  for (const path of ['sa', 'etcd/jwt']) {
    const key = await issueKey(node.keys);
    put(root, `${K0S_PKI}/${path}.key`, key, 0o640);
    put(root, `${K0S_PKI}/${path}.pub`, publicKeyPem(key), 0o644);
  }
  put(root, 'etc/k0s/k0s.yaml', config(node), 0o600);
  put(root, 'etc/systemd/system/k0scontroller.service', SERVICE, 0o644);
}

/** A leaf and, for some, a kubeconfig that holds it. */
export function putK0sLeaf(
  root: string,
  node: NodeRecord,
  { path, kubeconfig }: K0sLeaf,
  made: Issued,
  ca: Issued,
): void {
  putPair(root, path, made);
  if (kubeconfig !== true) return;
  const text = kubeconfigText({
    server: `https://localhost:${node.ports.api}`,
    ca: { pem: ca.certificatePem },
    cluster: 'local',
    user: 'user',
    context: 'Default',
    credentials: made,
  });
  put(root, `${K0S_PKI}/${path}.conf`, text, 0o600);
}

function putPair(root: string, path: string, issued: Issued): void {
  put(root, `${K0S_PKI}/${path}.crt`, issued.certificatePem, 0o644);
  put(root, `${K0S_PKI}/${path}.key`, issued.keyPem, 0o600);
}

// The ports of etcd are fixed, so that several throw-away nodes on one machine need the flags that override them.
const config = ({ ports }: NodeRecord) => `apiVersion: k0s.k0sproject.io/v1beta1
kind: ClusterConfig
metadata:
  name: k0s
spec:
  api:
    port: ${ports.api}
    k0sApiPort: ${ports.join}
  storage:
    type: etcd
    etcd:
      peerAddress: 127.0.0.1
      extraArgs:
        listen-client-urls: https://127.0.0.1:${ports.etcd}
        listen-peer-urls: https://127.0.0.1:${ports.etcdPeer}
`;

const SERVICE = `[Unit]
Description=k0s - Zero Friction Kubernetes

[Service]
ExecStart=/usr/local/bin/k0s controller --config=/etc/k0s/k0s.yaml
Restart=always
KillMode=process
TimeoutStartSec=0
`;
