import { isRestored, rehearsalHindrance } from '../decide/rehearsal-hindrance.ts';
import { rulesOfNode } from '../distributions/index.ts';
import type { Draft } from './draft.ts';
import type { RehearseStep } from './steps/rehearse.ts';

/** The rehearsal of a plan, or why it has none. `why` null: nobody wants one, or there is nothing to rehearse. */
export function rehearsalOf(draft: Draft): { step: RehearseStep } | { step: null; why: string | null } {
  const { inventory, settings, isPressing } = draft;
  const rehearsing = rulesOfNode(inventory.node)?.rehearsing;
  if (settings.rehearse === 'never' || rehearsing === undefined) return { step: null, why: null };
  const hindrance = rehearsalHindrance(inventory);
  if (hindrance !== null) return { step: null, why: hindrance.why };
  const found = rehearsing.of(draft);
  if (found === null) return { step: null, why: null };
  const always = settings.rehearse === 'always';
  const reliesOnIt = inventory.preconditions.hazards.some((hazard) => isRestored(hazard, inventory));
  return {
    step: {
      kind: 'rehearse',
      ...found,
      required: always || reliesOnIt,
      // What has expired, or is about to, cannot wait until somebody has seen why a sandbox does not work.
      doubtful: isPressing === true && !always && !reliesOnIt ? 'go-on' : 'stop',
    },
  };
}
