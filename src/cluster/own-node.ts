import { nameInCluster } from '../domain/cluster/name-in-cluster.ts';
import { rulesOfNode } from '../domain/distributions/index.ts';
import type { Inventory } from '../domain/model/inventory.ts';
import { isPlausible } from './members-file.ts';

/** This node's Node, and the kubelet's kubeconfig: with it a node may change its own Node and no other. */
export type OwnNode = { name: string; kubeconfig: string };

/** null: no kubelet runs here, or it is not known which files it uses. */
export function ownNode({ node, certificates }: Inventory): OwnNode | null {
  const name = nameInCluster(node, certificates);
  const kubeconfig = rulesOfNode(node)?.cluster.kubeletConf(node.paths) ?? null;
  if (name === null || kubeconfig === null || !isPlausible({ name, addresses: [] })) return null;
  return { name, kubeconfig };
}
