import { allLabels, nodeLabel } from '../../domain/distributions/names.ts';
import type { NodeFacts } from '../../domain/model/inventory.ts';

/** "cp-1 at oslo: kubeadm control-plane node, v1.31.4" */
export function nodeLine({ name, distribution, role, version }: NodeFacts, site?: string): string {
  const lead = site === undefined ? name : `${name} at ${site}`;
  if (distribution === null) return `${lead}: neither ${allLabels('nor')} was found`;
  return `${lead}: ${nodeLabel(distribution, role)}${version === null ? '' : `, ${version}`}`;
}
