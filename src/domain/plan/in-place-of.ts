import { rulesOfNode } from '../distributions/index.ts';
import type { Draft } from './draft.ts';
import type { rehearsalOf } from './rehearsal-of.ts';

type Rehearsing = ReturnType<typeof rehearsalOf>;

/**
 * A plan that replaces certificates while the node runs (`isInPlace`), or one that restarts it, as it was drafted. `why`: why it restarts although
 * the configuration wants the node to run on; null also where nobody wants that, or this distribution cannot.
 */
export type Placed = { isInPlace: boolean; draft: Draft; rehearsal: Rehearsing; why: string | null };

export function inPlaceOf(drafted: Draft, rehearsal: Rehearsing, directory: string): Placed {
  const { inventory, settings } = drafted;
  const rules = rulesOfNode(inventory.node)?.inPlace;
  const restarts = (why: string | null): Placed => ({ isInPlace: false, draft: drafted, rehearsal, why });
  if (settings.inPlace !== true || rules === undefined) return restarts(null);
  const notRehearsed = rehearsal.step === null ? (rehearsal.why ?? 'renew.rehearse is "never"') : null;
  const why = rules.hindrance(drafted, notRehearsed);
  if (why !== null) return restarts(why);
  return {
    isInPlace: true,
    why,
    draft: {
      ...drafted,
      renewed: drafted.renewed.filter((one) => !rules.isLeftToNode(one, drafted)),
      ...(rehearsal.step === null ? {} : { rehearsedTo: directory }),
    },
    rehearsal:
      rehearsal.step === null
        ? { step: null, why: null }
        : { step: { ...rehearsal.step, keeps: directory, required: true, doubtful: 'stop' } },
  };
}
