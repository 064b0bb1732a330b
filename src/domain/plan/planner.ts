import { isLeaf } from '../decide/ownership.ts';
import { rehearsalHindrance } from '../decide/rehearsal-hindrance.ts';
import { isRenewableAt } from '../decide/renewal-window.ts';
import { rulesOf } from '../distributions/index.ts';
import type { Instant } from '../model/certificate.ts';
import type { Decision, Renewal } from '../model/decision.ts';
import { CertagentError } from '../model/errors.ts';
import type { Inventory, ObservedCertificate } from '../model/inventory.ts';
import type { RenewalPlan } from '../model/plan.ts';
import type { Draft, PlanInput } from './draft.ts';
import { inPlaceOf } from './in-place-of.ts';
import { type AffectedNeighbour, neighboursOf } from './neighbours.ts';
import { rehearsalOf } from './rehearsal-of.ts';
import type { RehearseStep } from './steps/rehearse.ts';
import { withHooks } from './with-hooks.ts';

export type { PlanSettings } from './draft.ts';

export const BACKUPS_DIR = '/var/lib/certagent/backups';
/** What plans install; each has a directory of its own below it, with private keys. Removed when the plan has ended. */
export const INSTALLING_DIR = '/var/lib/certagent/installing';

/**
 * The renewal that was decided on as plain data; null when nothing is to be renewed now.
 * Throws CertagentError BACKUP_IN_MANIFESTS when the kubelet would run the backup as pods.
 */
export function makePlan(input: PlanInput): RenewalPlan | null {
  const { inventory, decisions, settings, planId, now } = input;
  const { distribution } = inventory.node;
  if (decisions.renewal.kind !== 'now' || distribution === null) return null;
  const { ids, why } = decisions.renewal;
  const drafted = draftOf(input, decisions.renewal);
  const { renewed } = drafted;
  const left = settings.neighbours === 'restart' ? [] : neighboursOf(inventory, renewed);
  refuseManifestsDir(inventory, drafted.backup);
  const placed = inPlaceOf(drafted, rehearsalOf(drafted), `${INSTALLING_DIR}/${planId}`);
  const { isInPlace, rehearsal } = placed;
  const draft: Draft = rehearsal.step === null ? placed.draft : { ...placed.draft, isRehearsed: true };
  const rules = rulesOf(distribution);
  const warnings = rules.warnings?.(draft) ?? [];
  return {
    id: planId,
    createdAt: now,
    distribution,
    certificates: (isInPlace ? draft.renewed.map(({ id }) => id) : [...ids]).sort(),
    why,
    oldExpired: renewed.some(hasStopped(now)),
    ...(left.length === 0 ? {} : { neighbours: left.map(neighbourInWords) }),
    ...(warnings.length === 0 ? {} : { warnings }),
    ...(rehearsal.step !== null || rehearsal.why === null ? {} : { notRehearsed: rehearsal.why }),
    ...(placed.why === null ? {} : { notInPlace: placed.why }),
    // A hook of "before" may tell people: it runs when the rehearsal has passed.
    steps: [
      ...(rehearsal.step === null ? [] : [rehearsal.step]),
      ...withHooks({ inventory, decisions, renewed: draft.renewed }, (isInPlace ? rules.inPlace! : rules).steps(draft)),
    ],
  };
}

/**
 * The rehearsal of what a renewal would do now, whether it is due, waits, or is blocked. Where nothing is due: of a renewal of everything that
 * this node's tool renews now.
 */
export function makeRehearsal(input: PlanInput): { step: RehearseStep } | { step: null; why: string } {
  const { inventory, decisions } = input;
  const { renewal } = decisions;
  const own = inventory.certificates.filter(
    (one) => one.owner === inventory.node.distribution && isLeaf(one) && isRenewableAt(one, inventory, input.now),
  );
  const ids = renewal.kind === 'none' ? own.map(({ id }) => id) : renewal.ids;
  const settings = { ...input.settings, rehearse: 'auto' as const };
  const found = rehearsalOf(draftOf({ ...input, settings }, { ids, ...(renewal.kind === 'now' ? renewal : {}) }));
  if (found.step !== null) return found;
  return { step: null, why: found.why ?? rehearsalHindrance(inventory)?.why ?? 'this renewal has nothing to rehearse' };
}

type Intended = Pick<Extract<Renewal, { kind: 'now' }>, 'ids' | 'outsideMaintenance' | 'heals' | 'rotates' | 'named'>;

function draftOf({ inventory, decisions, history, settings, planId }: PlanInput, intended: Intended): Draft {
  const { ids, outsideMaintenance, heals = [], rotates, named } = intended;
  return {
    inventory,
    ...(history === undefined ? {} : { history }),
    settings,
    renewed: inventory.certificates.filter(({ id }) => ids.includes(id)).sort(byId),
    heals,
    backup: `${settings.backups}/${planId}`,
    // Who names one certificate wants no restart that can wait.
    isMaintenance: outsideMaintenance !== true && named !== true,
    ...(rotates === true ? { rotates } : {}),
    ...(decisions.certificates.some(isPressing(ids)) ? { isPressing: true } : {}),
  };
}

function isPressing(ids: string[]) {
  return ({ id, nearness }: Decision): boolean => ids.includes(id) && (nearness === 'urgent' || nearness === 'expired');
}

/** A new kubelet.conf that brings no kubelet back is not better than the previous one. */
export function hasStopped(now: Instant) {
  return ({ component, certificate }: ObservedCertificate): boolean =>
    component !== null && component !== 'kubelet' && certificate.notAfter < now;
}

/** The kubelet runs every file there as a pod, copies of manifests too. */
function refuseManifestsDir({ node }: Inventory, backup: string): void {
  const { manifestsDir } = node.paths;
  if (manifestsDir === null || !`${backup}/`.startsWith(`${manifestsDir.replace(/\/+$/, '')}/`)) return;
  throw new CertagentError(
    'BACKUP_IN_MANIFESTS',
    `the backup ${backup} would lie inside the manifests directory ${manifestsDir}, and the kubelet would run it`,
    { remedy: "Point the kubelet's staticPodPath at a directory of its own." },
  );
}

export function neighbourInWords({ pod, manifest, used }: AffectedNeighbour): string {
  return `${pod} (${manifest}), which mounts ${used.join(', ')}`;
}

function byId(a: ObservedCertificate, b: ObservedCertificate): number {
  return a.id < b.id ? -1 : 1;
}
