import { rulesOfNode } from '../distributions/index.ts';
import { labelOf } from '../distributions/names.ts';
import type { Hindrance } from '../distributions/rehearsing.ts';
import type { Policy } from '../model/decision.ts';
import type { Hazard, Inventory } from '../model/inventory.ts';
import { type BlockerCheck, when } from './blocker-check.ts';
import { HAZARDS, type HazardRule } from './hazards.ts';

/** Why a renewal of this node cannot be rehearsed; null: it can. */
export function rehearsalHindrance(inventory: Inventory): Hindrance | null {
  const { distribution } = inventory.node;
  const rehearsing = rulesOfNode(inventory.node)?.rehearsing;
  if (rehearsing !== undefined) return rehearsing.hindrance(inventory);
  return { why: `certagent does not rehearse ${distribution === null ? 'an unknown node' : labelOf(distribution)}` };
}

/** With `renew.rehearse = "always"`. */
export const cannotRehearse: BlockerCheck = {
  code: 'REHEARSAL_IMPOSSIBLE',
  find: ({ inventory, policy }) => {
    const hindrance = policy.rehearse === 'always' ? rehearsalHindrance(inventory) : null;
    return when(
      hindrance !== null && hindrance.replaced !== true,
      `renew.rehearse is "always", and certagent cannot rehearse the renewal: ${hindrance?.why}`,
      'Remove the cause, or set renew.rehearse = "auto", which then renews without a rehearsal.',
    );
  },
};

/**
 * CA files that a start takes back from the datastore, as far as certagent knows: the rehearsal shows whether it really does, so the
 * hazard does not prevent a plan that has one.
 */
export function isSettledByRehearsal(
  hazard: Hazard,
  inventory: Inventory,
  { rehearse }: Pick<Policy, 'rehearse'>,
): boolean {
  return rehearse !== 'never' && isRestored(hazard, inventory) && rehearsalHindrance(inventory) === null;
}

/** Whether this version takes such a file from its datastore. */
export function isRestored({ code }: Pick<Hazard, 'code'>, { node }: Pick<Inventory, 'node'>): boolean {
  const rule: HazardRule = HAZARDS[code];
  return rule.isRestored === true && rulesOfNode(node)?.restoresAuthorities?.(node.version) === true;
}
