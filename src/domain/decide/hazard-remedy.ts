import type { Hazard, Inventory } from '../model/inventory.ts';
import { HAZARDS } from './hazards.ts';
import { isRestored, rehearsalHindrance } from './rehearsal-hindrance.ts';

/** What a person can do about a hazard on this node. */
export function hazardRemedy(hazard: Pick<Hazard, 'code'>, inventory: Inventory): string {
  const { preconditions } = inventory;
  if (!isRestored(hazard, inventory)) return HAZARDS[hazard.code].remedy;
  const restart = `systemctl restart ${preconditions.unit?.name ?? 'the unit'}`;
  const seen =
    rehearsalHindrance(inventory) === null
      ? 'To see beforehand whether the datastore holds it: certagent plan --rehearse.'
      : 'certagent cannot see whether the datastore holds it.';
  return `Restore it from a backup, or restart the unit yourself (${restart}): the start restores it from the datastore. ${seen} If not, the start makes a new CA, which refuses every kubeconfig.`;
}
