import type { NodeFacts } from '../model/inventory.ts';
import type { DistributionRules, RoleRules } from './distribution.ts';
import { hardWay } from './hard-way.ts';
import { k0s } from './k0s.ts';
import { k3s } from './k3s.ts';
import { kubeadm } from './kubeadm.ts';
import type { Distribution, RoleOf } from './names.ts';
import { rke2 } from './rke2.ts';

/** The rules of every distribution, and within them of every role that names.ts gives it. */
const RULES: { [D in Distribution]: DistributionRules & { roles: Record<RoleOf<D>, RoleRules> } } = {
  kubeadm,
  k3s,
  rke2,
  k0s,
  'hard-way': hardWay,
};

export function rulesOf(distribution: Distribution): DistributionRules {
  return RULES[distribution];
}

/** The rules of the distribution that runs a node; null where none was found. */
export function rulesOfNode({ distribution }: Pick<NodeFacts, 'distribution'>): DistributionRules | null {
  return distribution === null ? null : rulesOf(distribution);
}

export function roleOf(node: Pick<NodeFacts, 'distribution' | 'role'>): RoleRules | null {
  return (node.role === null ? null : rulesOfNode(node)?.roles[node.role]) ?? null;
}
