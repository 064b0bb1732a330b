import { rulesOfNode } from '../distributions/index.ts';
import type { Instant } from '../model/certificate.ts';
import type { Blocker } from '../model/decision.ts';
import type { Inventory } from '../model/inventory.ts';
import { type BlockerCase, type BlockerCheck, when } from './blocker-check.ts';
import { healedLeaves, isDownByLeaves } from './broken-leaves.ts';
import { hazardRemedy } from './hazard-remedy.ts';
import { HAZARDS } from './hazards.ts';
import { repairsKubelet } from './kubelet-repair.ts';
import { loopbackExpired } from './loopback.ts';
import { isPairBroken } from './own-checks.ts';
import { pauseChecks } from './paused.ts';
import { REASONS, type ReasonCode } from './reasons.ts';
import { cannotRehearse, isSettledByRehearsal } from './rehearsal-hindrance.ts';
import { planOfAnotherVersion, unfinishedPlan } from './unfinished-plans.ts';
import { startPrevented } from './unit-start.ts';

/** Everything that forbids a renewal now, all at once, so that a person does not find one after the other. */
export function findBlockers(known: BlockerCase): Blocker[] {
  const checks = [...blockerChecks, ...(rulesOfNode(known.inventory.node)?.blockers ?? [])];
  const found = checks.flatMap(({ code, find }) => find(known).map((each): Blocker => ({ code, ...each })));
  const concerns = repairsKubelet(known.ids, known.inventory)
    ? (code: ReasonCode) => OF_KUBELET.includes(code)
    : () => true;
  return [...found, ...hazardBlockers(known)]
    .filter(({ code }) => concerns(code))
    .sort((a, b) => ORDER.indexOf(a.code) - ORDER.indexOf(b.code));
}

/** What also forbids to make a new kubelet.conf. The health of components does not: without a kubelet nothing starts them. */
const OF_KUBELET: ReasonCode[] = [
  ...(['OBSERVE_MODE', 'PAUSED_PAST_EXPIRY', 'PAUSED', 'PLAN_UNFINISHED', 'PLAN_OF_ANOTHER_VERSION'] as const),
  ...(['CLOCK_DOUBTFUL', 'DISK_FULL'] as const),
  ...(['UNIT_UNKNOWN', 'UNIT_MISSING', 'UNIT_NOT_RUNNING'] as const),
  ...(['KUBEADM_MISSING', 'KUBEADM_VERSION_UNKNOWN', 'UPGRADE_UNDER_WAY'] as const),
  ...(['CA_KEY_MISSING', 'CA_KEY_UNREADABLE', 'CA_KEY_DIFFERS', 'NOT_SIGNED_BY_CA', 'CA_ROTATION_UNDER_WAY'] as const),
];

const ORDER = Object.keys(REASONS);

/** For a clock that may be wrong. */
export const CLOCK_REMEDY =
  'Synchronise the clock (timedatectl set-ntp true). Where nothing can synchronise it: set it, set clock.require_synchronized = false, and run: certagent clock accept';

/** What forbids a renewal on a node of any distribution. */
export const blockerChecks: BlockerCheck[] = [
  {
    code: 'OBSERVE_MODE',
    find: ({ policy }) =>
      when(
        policy.mode === 'observe',
        'certagent only observes this node',
        'Let it renew: certagent enable, which shows first what would be done.',
      ),
  },
  ...pauseChecks,
  { code: 'PLAN_UNFINISHED', find: ({ history }) => unfinishedPlan(history) },
  { code: 'PLAN_OF_ANOTHER_VERSION', find: ({ history }) => planOfAnotherVersion(history) },
  {
    code: 'CLOCK_DOUBTFUL',
    find: ({ inventory: { clock } }) =>
      when(clock.doubt !== null, `this node's clock is doubtful: ${clock.doubt}`, CLOCK_REMEDY),
  },
  {
    code: 'UNIT_UNKNOWN',
    find: ({ inventory: { preconditions } }) =>
      when(
        preconditions.unit === null,
        'no systemd unit was found that runs this node',
        'Start the node under systemd, or renew by hand.',
      ),
  },
  {
    code: 'UNIT_MISSING',
    find: ({ inventory: { preconditions } }) =>
      when(
        preconditions.unit?.loaded === false,
        `the unit ${preconditions.unit?.name} is not loaded: ${preconditions.unit?.detail}`,
        'Install the unit, or see why systemd does not answer.',
      ),
  },
  {
    code: 'UNIT_NOT_RUNNING',
    find: ({ inventory, policy, ids, now }) => {
      const { unit } = inventory.preconditions;
      if (unit?.loaded !== true || unit.active) return [];
      if (!unit.stopped && isDownByLeaves(inventory, policy)) return [];
      const prevented = unit.stopped ? [] : startPrevented(inventory);
      if (prevented.length > 0 || (unit.start?.underWay === true && !unit.stopped)) return prevented;
      // What somebody stopped on purpose must stay down: expiry makes a unit fail, it does not stop it.
      if (!unit.stopped && (repairsKubelet(ids, inventory) || isBrokenByExpiry(unit.name, inventory, now))) return [];
      const why = unit.stopped
        ? `is stopped (${unit.detail}), and certagent leaves it stopped`
        : `is not running: ${unit.detail}`;
      const cause = unit.stopped ? '' : `See why it does not run (journalctl -u ${unit.name}). `;
      return [
        {
          why: `the unit ${unit.name} ${why}`,
          remedy: `${cause}Start it (systemctl start ${unit.name}), and certagent continues.`,
        },
      ];
    },
  },
  {
    code: 'DISK_FULL',
    find: ({ inventory: { preconditions } }) =>
      preconditions.disk
        .filter(({ freeBytes, neededBytes }) => freeBytes < neededBytes)
        .map(({ path, freeBytes, neededBytes }) => ({
          why: `${path} has ${freeBytes} bytes free, a backup and new files need ${neededBytes}`,
          remedy: `Make room below ${path}.`,
        })),
  },
  { code: 'CA_KEY_MISSING', find: (known) => caKeys(known, 'missing', 'is missing') },
  { code: 'CA_KEY_UNREADABLE', find: (known) => caKeys(known, 'unreadable', 'cannot be read') },
  { code: 'CA_KEY_DIFFERS', find: (known) => caKeys(known, 'differs', "does not belong to the CA's certificate") },
  {
    code: 'KEY_MISMATCH',
    find: ({ inventory }) =>
      inventory.certificates.filter(isPairBroken).map(({ id, place }) => ({
        why: `the private key of ${id} does not belong to ${place.path}, or cannot be read`,
        remedy: 'Restore both from the same backup, or have the tool renew this one certificate by hand.',
      })),
  },
  {
    code: 'COMPONENT_UNHEALTHY',
    find: ({ inventory, now }) =>
      inventory.preconditions.components
        // Of a unit that does not run its own blockers say more.
        .filter(({ name, healthy }) => !healthy && !isOfStart(inventory) && !isBrokenByExpiry(name, inventory, now))
        .map(({ name, detail }) => ({
          why: `${name} is not healthy, and not because a certificate of it has expired: ${detail}`,
          remedy: `Bring ${name} back first; a renewal would only hide the cause.`,
        })),
  },
  cannotRehearse,
];

function isOfStart({ preconditions: { unit } }: Inventory): boolean {
  return unit?.start?.underWay === true || unit?.start?.reason?.blocks === true;
}

/** Whether an expired certificate explains that a component, or the unit, is not healthy. */
function isBrokenByExpiry(name: string, { certificates, node, preconditions }: Inventory, now: Instant): boolean {
  const relevant = rulesOfNode(node)?.reliesOn(name) ?? [];
  if (relevant.includes('kube-apiserver') && loopbackExpired(preconditions, now)) return true;
  return certificates.some(
    ({ component, certificate }) => component !== null && relevant.includes(component) && certificate.notAfter < now,
  );
}

function caKeys({ inventory, ids }: BlockerCase, state: string, what: string): Omit<Blocker, 'code'>[] {
  const concerned = inventory.certificates.filter(({ id }) => ids.includes(id)).map(({ issuance }) => issuance.ca);
  return inventory.preconditions.caKeys
    .filter((key) => key.state === state && concerned.includes(key.ca))
    .map(({ ca, path }) => ({
      why: `the key of the CA ${ca} (${path}) ${what}`,
      remedy: `Put the key of ${ca} in place at ${path}.`,
    }));
}

/** Each hazard forbids the restart, but for those that the renewal removes. One that is not in the catalogue does not compile. */
function hazardBlockers({ inventory, policy }: BlockerCase): Blocker[] {
  const healed = healedLeaves(inventory, policy);
  return inventory.preconditions.hazards
    .filter(({ leaf }) => leaf === undefined || !healed.some(({ id }) => id === leaf.id))
    .filter((hazard) => !isSettledByRehearsal(hazard, inventory, policy))
    .map((hazard) => {
      const { path, detail } = hazard;
      return { code: HAZARDS[hazard.code].blocker, why: `${path}: ${detail}`, remedy: hazardRemedy(hazard, inventory) };
    });
}
