import { isLeaf } from '../decide/ownership.ts';
import type { Renewal } from '../model/decision.ts';
import type { CertificateExplanation } from '../model/explanation.ts';
import type { Draft, PlanInput } from './draft.ts';
import { inPlaceOf } from './in-place-of.ts';
import { rehearsalOf } from './rehearsal-of.ts';

type InPlaceAnswer = NonNullable<CertificateExplanation['inPlace']> | null;
type Known = Pick<PlanInput, 'inventory' | 'history' | 'settings'> & { renewal: Renewal };

/**
 * Whether the renewal of this certificate restarts the node's unit although the configuration wants it to run on, and why: as the node is now.
 * null: nobody wants that, or certagent does not renew it.
 */
export function needsRestart(id: string, { inventory, history, settings, renewal }: Known): InPlaceAnswer {
  const own = inventory.certificates.filter((one) => one.owner === inventory.node.distribution && isLeaf(one));
  if (settings.inPlace !== true || !own.some((one) => one.id === id)) return null;
  const planned = renewal.kind !== 'none' && renewal.ids.includes(id) ? renewal.ids : null;
  const draft: Draft = {
    inventory,
    ...(history === undefined ? {} : { history }),
    settings,
    renewed: planned === null ? own : own.filter((one) => planned.includes(one.id)),
    heals: (renewal.kind === 'now' ? renewal.heals : undefined) ?? [],
    backup: '',
    isMaintenance: true,
  };
  const placed = inPlaceOf(draft, rehearsalOf(draft), '');
  if (!placed.isInPlace) return placed.why === null ? null : { restart: placed.why };
  return placed.draft.renewed.some((one) => one.id === id) ? { restart: null } : { restart: null, byNode: true };
}
