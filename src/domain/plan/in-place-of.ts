import { rulesOfNode } from '../distributions/index.ts';
import type { Draft } from './draft.ts';
import type { rehearsalOf } from './rehearsal-of.ts';

type Rehearsing = ReturnType<typeof rehearsalOf>;

/**
 * The draft of a plan that replaces certificates while the node runs, with its rehearsal; or why the node restarts although the
 * configuration wants it to run on. `why` null: nobody wants that, or this distribution cannot.
 */
export function inPlaceOf(
  drafted: Draft,
  rehearsal: Rehearsing,
  directory: string,
): { draft: Draft; rehearsal: Rehearsing } | { draft: null; why: string | null } {
  const { inventory, settings } = drafted;
  const rules = rulesOfNode(inventory.node)?.inPlace;
  if (settings.inPlace !== true || rules === undefined) return { draft: null, why: null };
  if (rehearsal.step === null)
    return { draft: null, why: rules.hindrance(drafted, rehearsal.why ?? 'renew.rehearse is "never"') };
  const why = rules.hindrance(drafted, null);
  if (why !== null) return { draft: null, why };
  return {
    draft: {
      ...drafted,
      renewed: drafted.renewed.filter((one) => !rules.isLeftToNode(one, drafted)),
      rehearsedTo: directory,
    },
    rehearsal: { step: { ...rehearsal.step, keeps: directory, required: true, doubtful: 'stop' } },
  };
}
