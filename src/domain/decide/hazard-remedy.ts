import { rulesOfNode } from '../distributions/index.ts';
import type { Hazard, Inventory } from '../model/inventory.ts';
import { HAZARDS, type HazardRule } from './hazards.ts';

/** What a person can do about a hazard on this node. */
export function hazardRemedy({ code }: Pick<Hazard, 'code'>, { node, preconditions }: Inventory): string {
  const rule: HazardRule = HAZARDS[code];
  if (rule.isRestored !== true || rulesOfNode(node)?.restoresAuthorities?.(node.version) !== true) return rule.remedy;
  const restart = `systemctl restart ${preconditions.unit?.name ?? 'the unit'}`;
  return `Restore it from a backup, or restart the unit yourself (${restart}): the start restores it from the datastore. certagent cannot see whether the datastore holds it; if not, the start makes a new CA, which refuses every kubeconfig.`;
}
