import { allLabels, nodeLabel } from '../../domain/distributions/names.ts';
import type { NodeFacts } from '../../domain/model/inventory.ts';

/** "cp-1: kubeadm control-plane node, v1.31.4" */
export function nodeLine({ name, distribution, role, version }: NodeFacts): string {
  if (distribution === null) return `${name}: neither ${allLabels('nor')} was found`;
  return `${name}: ${nodeLabel(distribution, role)}${version === null ? '' : `, ${version}`}`;
}
