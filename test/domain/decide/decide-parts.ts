// A decision on a node that has no history, at noon and by the schedule, unless the test says otherwise.
import { type DecideInput, decide } from '../../../src/domain/decide/decide.ts';
import { isToolOwned } from '../../../src/domain/decide/ownership.ts';
import type { Inventory } from '../../../src/domain/model/inventory.ts';
import { NO_HISTORY, NOW, policyOf } from '../../support/inventory.ts';

export const SCHEDULE = { kind: 'schedule' } as const;
export const BY_HAND = { kind: 'manual', force: false } as const;

export function run(inventory: Inventory, change: Partial<DecideInput> = {}) {
  return decide({ inventory, policy: policyOf(), history: NO_HISTORY, now: NOW, request: SCHEDULE, ...change });
}

/** Ids of the certificates that the node's own tool renews. */
export const own = (inventory: Inventory) => inventory.certificates.filter(isToolOwned).map(({ id }) => id);
