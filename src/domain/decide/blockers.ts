import type { Instant } from '../model/certificate.ts';
import type { Blocker, History, Policy, ReasonCode } from '../model/decision.ts';
import type { ComponentHealth, Finding, Inventory } from '../model/inventory.ts';
import { finishRotation, isOfOtherCa, isPairBroken, secondCa } from './own-checks.ts';
import { planOfAnotherVersion, unfinishedPlan } from './unfinished-plans.ts';

/** What is looked at before a renewal of the certificates `ids`. */
export type BlockerCase = { inventory: Inventory; ids: string[]; policy: Policy; history: History; now: Instant };

/** A check whose name states what forbids the renewal; it may find that several times. */
export type BlockerCheck = { code: ReasonCode; find(known: BlockerCase): Omit<Blocker, 'code'>[] };

/** Everything that forbids a renewal now, all of it at once so that a person need not find out one after the other. */
export function findBlockers(known: BlockerCase): Blocker[] {
  return blockerChecks.flatMap(({ code, find }) => find(known).map((found) => ({ code, ...found })));
}

/** For a clock that is not to be believed. */
export const CLOCK_REMEDY =
  'Have the clock synchronised (timedatectl set-ntp true); where there is nothing to synchronise with, set it right and set clock.require_synchronized = false.';

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
        'no unit of systemd was found that runs this node',
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
    find: ({ inventory, now }) => {
      const { unit } = inventory.preconditions;
      if (unit?.loaded !== true || unit.active) return [];
      // What somebody stopped on purpose must stay down: expiry makes a unit fail, it does not stop it.
      if (!unit.stopped && isBrokenByExpiry(unit.name, inventory, now)) return [];
      const why = unit.stopped
        ? `is stopped (${unit.detail}), and certagent leaves it so`
        : `is not running: ${unit.detail}`;
      const cause = unit.stopped ? '' : `See why it does not run (journalctl -u ${unit.name}). `;
      return [
        {
          why: `the unit ${unit.name} ${why}`,
          remedy: `${cause}Start it (systemctl start ${unit.name}), and certagent goes on.`,
        },
      ];
    },
  },
  {
    code: 'KUBEADM_MISSING',
    find: ({ inventory: { node, preconditions } }) =>
      when(
        node.distribution === 'kubeadm' && preconditions.tool === null,
        'kubeadm was not found',
        "Install the kubeadm of the cluster's version on this node.",
      ),
  },
  {
    code: 'KUBEADM_VERSION_UNKNOWN',
    find: ({ inventory: { preconditions } }) =>
      when(
        preconditions.tool !== null && preconditions.tool.version === null,
        `${preconditions.tool?.path} does not tell its version`,
        `Run \`${preconditions.tool?.path} version\` and see why it fails.`,
      ),
  },
  {
    code: 'UPGRADE_UNDER_WAY',
    find: ({ inventory: { preconditions } }) =>
      when(
        preconditions.upgradeUnderWay !== null,
        `an upgrade of the node is under way: ${preconditions.upgradeUnderWay}`,
        'Wait for its end; an upgrade of a kubeadm node renews the certificates itself.',
      ),
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
    code: 'UNREADABLE_CERTIFICATE',
    find: ({ inventory: { node, findings } }) =>
      findings
        .filter((finding) => node.distribution === 'kubeadm' && isNeeded(finding))
        .map(({ path, reason, detail }) => ({
          why: `${path} could not be read (${reason}): ${detail}`,
          remedy: `Restore ${path} from a backup: a component restarted now would not come back.`,
        })),
  },
  {
    code: 'KEY_MISMATCH',
    find: ({ inventory }) =>
      inventory.certificates.filter(isPairBroken).map(({ id, place }) => ({
        why: `the private key of ${id} does not belong to ${place.path}, or cannot be read`,
        remedy: 'Restore both from the same backup, or have the tool renew this one certificate by hand.',
      })),
  },
  {
    code: 'NOT_SIGNED_BY_CA',
    find: ({ inventory }) =>
      inventory.certificates.filter(isOfOtherCa).map(({ id, issuance }) => ({
        why: `${id} was not signed by ${issuance.ca}: a renewal would move the node to another CA`,
        remedy: 'Find out which CA is the right one and put its certificate and key in place.',
      })),
  },
  {
    code: 'CA_ROTATION_UNDER_WAY',
    find: ({ inventory }) => {
      const signers = inventory.certificates.map((observed) => secondCa(observed, inventory));
      return [...new Set(signers.filter((signer) => signer !== null))].map((signer) => ({
        why: `a rotation of the CA in ${signer.place.path} is under way: kubeadm would sign with the first CA in it, and this node still has certificates of another`,
        remedy: finishRotation(signer),
      }));
    },
  },
  {
    code: 'COMPONENT_UNKNOWN',
    // What cannot be cycled would go on with the old certificates in memory until they end.
    find: ({ inventory: { node, preconditions } }) =>
      CYCLED.filter(
        (name) =>
          node.distribution === 'kubeadm' &&
          !preconditions.components.some((component) => component.name === name && component.manifest !== null),
      ).map((name) => ({
        why: `no static-pod manifest of ${name} was found`,
        remedy: `Put the manifest of ${name} back into the kubelet's staticPodPath.`,
      })),
  },
  {
    code: 'COMPONENT_UNHEALTHY',
    find: ({ inventory, now }) =>
      inventory.preconditions.components
        .filter(({ name, healthy }) => !healthy && !isBrokenByExpiry(name, inventory, now))
        .map(({ name, detail }) => ({
          why: `${name} is not healthy, and not because a certificate of it has expired: ${detail}`,
          remedy: `Bring ${name} back first; a renewal would only hide the cause.`,
        })),
  },
  hazard('K3S_CA_MISSING', 'ca-missing', 'Restore it from a backup: a restart would make a new CA.'),
  hazard(
    'K3S_CA_KEY_MISSING',
    'ca-key-missing',
    'Restore it: a restart would make a new CA and refuse every kubeconfig.',
  ),
  hazard('K3S_CA_UNPARSABLE', 'ca-unparsable', 'Restore it from a backup before anything is restarted.'),
  hazard('K3S_CA_KEY_MISMATCH', 'ca-key-mismatch', 'Restore certificate and key of this CA from the same backup.'),
  hazard(
    'K3S_LEAF_GARBAGE',
    'leaf-garbage',
    'Remove this file: a restart makes a missing leaf anew, a broken one it keeps.',
  ),
  hazard('K3S_LEAF_UNWRITABLE', 'leaf-unwritable', 'Make it writable: K3s ends half-way when it cannot renew it.'),
  hazard('K3S_KUBECONFIG_UNWRITABLE', 'kubeconfig-unwritable', 'Make it writable: without it a restart fails.'),
];

/** The static pods that have to be cycled after every renewal by kubeadm, in this order. */
export const CYCLED = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;

/** Whose certificates, once expired, explain that a component is not healthy; units are components too. */
const RELIES_ON: Record<string, string[]> = {
  etcd: [],
  'kube-apiserver': ['etcd'],
  'kube-controller-manager': ['kube-apiserver', 'etcd'],
  'kube-scheduler': ['kube-apiserver', 'etcd'],
};

/** A kubelet that does not run cannot cycle anything, so for it nothing is an excuse. K3s renews when it starts. */
function isBrokenByExpiry(name: ComponentHealth['name'] | string, { certificates }: Inventory, now: Instant): boolean {
  if (name === 'kubelet') return false;
  const relevant = RELIES_ON[name] === undefined ? ['k3s'] : [name, ...RELIES_ON[name]];
  return certificates.some(
    ({ component, certificate }) => component !== null && relevant.includes(component) && certificate.notAfter < now,
  );
}

/** The administrator's kubeconfigs may have been taken from the node on purpose; kubeadm passes over them. */
function isNeeded({ owner, id, reason }: Finding): boolean {
  const optional = reason === 'missing' && (id === 'admin.conf' || id === 'super-admin.conf');
  return (owner === 'kubeadm' || owner === 'cluster-ca') && !optional;
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

function hazard(code: ReasonCode, kind: string, remedy: string): BlockerCheck {
  return {
    code,
    find: ({ inventory: { preconditions } }) =>
      preconditions.hazards
        .filter((found) => found.code === kind)
        .map(({ path, detail }) => ({ why: `${path}: ${detail}`, remedy })),
  };
}

function when(violated: boolean, why: string, remedy: string): Omit<Blocker, 'code'>[] {
  return violated ? [{ why, remedy }] : [];
}
