import type { KubeadmApiServer, ReadKubeadmConfig } from '../../../src/domain/model/api-server-facts.ts';
import type { Inventory } from '../../../src/domain/model/inventory.ts';
import { inventoryOf, withCertificate, withPreconditions } from '../../support/inventory.ts';

export const IN_CLUSTER = ['DNS:kubernetes', 'DNS:kubernetes.default', 'DNS:kubernetes.default.svc'];

export const CONFIG: ReadKubeadmConfig = {
  path: '/etc/kubernetes/kubeadm.yaml',
  problem: null,
  controlPlaneEndpoint: 'lb.example.org:6443',
  certSANs: ['api.example.org', '10.0.0.9', 'not a name'],
  dnsDomain: 'corp.example',
};

export function apiServer(change: Partial<KubeadmApiServer>): KubeadmApiServer {
  const facts = { advertiseAddress: null, serviceRange: null, servers: [], config: null };
  return { by: 'manifest', manifest: '/m/kube-apiserver.yaml', ...facts, ...change };
}

/** A node whose API server's certificate has the names in the cluster and of the node, and what else its files say. */
export function kubeadmWith(
  change: Partial<KubeadmApiServer>,
  kind: 'kubeadm' | 'kubeadm-external-ca' = 'kubeadm',
): Inventory {
  const sans = [...IN_CLUSTER, 'DNS:kubernetes.default.svc.corp.example', 'DNS:node-1'];
  const named = withCertificate(inventoryOf(kind), 'apiserver', { certificate: { sans } });
  const node = withCertificate(named, 'kubelet-client', { certificate: { commonName: 'system:node:node-1' } });
  return withPreconditions(node, { apiServer: apiServer(change) });
}
