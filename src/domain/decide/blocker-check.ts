import type { Instant } from '../model/certificate.ts';
import type { Blocker, History, Policy } from '../model/decision.ts';
import type { Inventory } from '../model/inventory.ts';
import type { ReasonCode } from './reasons.ts';

/** What is checked before a renewal of the certificates `ids`. */
export type BlockerCase = { inventory: Inventory; ids: string[]; policy: Policy; history: History; now: Instant };

type Found = Omit<Blocker, 'code'>[];

/** A check whose name states what forbids the renewal; it may find that several times. */
export type BlockerCheck = { code: ReasonCode; find(known: BlockerCase): Found };

export function when(violated: boolean, why: string, remedy: string): Found {
  return violated ? [{ why, remedy }] : [];
}
