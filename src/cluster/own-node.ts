import { nameInCluster } from '../domain/cluster/name-in-cluster.ts';
import type { Distribution, Inventory } from '../domain/model/inventory.ts';
import { isPlausible } from './members-file.ts';

/** This node's Node, and the kubelet's kubeconfig: with it a node may change its own Node and no other. */
export type OwnNode = { name: string; kubeconfig: string };

const KUBECONFIG: Record<Distribution, string | null> = {
  kubeadm: 'kubelet.conf',
  k3s: 'agent/kubelet.kubeconfig',
  rke2: 'agent/kubelet.kubeconfig',
  k0s: 'kubelet.conf',
  // Its kubelet may use any file.
  'hard-way': null,
};

/** null: no kubelet runs here, or it is not known which files it uses. */
export function ownNode({ node, certificates }: Inventory): OwnNode | null {
  const { distribution, paths } = node;
  const name = nameInCluster(node, certificates);
  const file = distribution === null ? null : KUBECONFIG[distribution];
  const directory = distribution === 'kubeadm' ? paths.kubeconfigDir : paths.dataDir;
  if (name === null || file === null || directory === null || !isPlausible({ name, addresses: [] })) return null;
  return { name, kubeconfig: `${directory}/${file}` };
}
