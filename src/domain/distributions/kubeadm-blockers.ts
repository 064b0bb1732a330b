import { type BlockerCheck, when } from '../decide/blocker-check.ts';
import type { Finding } from '../model/inventory.ts';
import { finishRotation, isOfOtherCa, secondCa } from './kubeadm-checks.ts';
import { cutBlockers } from './kubeadm-cuts.ts';
import { RESTARTED } from './kubeadm-plan.ts';

export const kubeadmBlockers: BlockerCheck[] = [
  {
    code: 'KUBEADM_MISSING',
    find: ({ inventory: { preconditions } }) =>
      when(
        preconditions.tool === null,
        'kubeadm was not found',
        "Install the kubeadm of the cluster's version on this node. certagent does not use one that others than root can change.",
      ),
  },
  {
    code: 'KUBEADM_VERSION_UNKNOWN',
    find: ({ inventory: { preconditions } }) =>
      when(
        preconditions.tool !== null && preconditions.tool.version === null,
        `${preconditions.tool?.path} does not report its version`,
        `Run \`${preconditions.tool?.path} version\` and see why it fails.`,
      ),
  },
  {
    code: 'UPGRADE_UNDER_WAY',
    find: ({ inventory: { preconditions } }) =>
      when(
        preconditions.upgradeUnderWay !== null,
        `an upgrade of the node is under way: ${preconditions.upgradeUnderWay}`,
        'Wait until it has finished; an upgrade of a kubeadm node renews the certificates itself.',
      ),
  },
  {
    code: 'UNREADABLE_CERTIFICATE',
    find: ({ inventory: { findings } }) =>
      findings.filter(isNeeded).map(({ path, reason, detail }) => ({
        why: `${path} could not be read (${reason}): ${detail}`,
        remedy: `Restore ${path} from a backup: a component that restarts now would not come back.`,
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
  ...cutBlockers,
  {
    code: 'PROCESSES_HIDDEN',
    find: ({ inventory: { preconditions } }) =>
      when(
        preconditions.processesHidden === true,
        '/proc does not show the processes of the control plane (it is mounted with hidepid), so that no restart could be seen to succeed',
        "Make the group of that mount (gid=) a supplementary group of certagent's unit (SupplementaryGroups=), or mount /proc without hidepid.",
      ),
  },
  {
    code: 'PROCESS_UNKNOWN',
    // A component that answers has a process; one that is not seen could not be seen to restart.
    find: ({ inventory: { preconditions } }) =>
      preconditions.processesHidden === true
        ? []
        : preconditions.components
            .filter(({ pid, healthy, pod }) => pod !== null && healthy && pid === null)
            .map(({ name, manifest, pod }) => ({
              why: `${name} is healthy, but no process with the arguments in ${manifest} was found in its pod`,
              remedy: `See whether the manifest was changed while the kubelet was stopped, and whether ${pod?.logsDir} has a directory for the pod (the kubelet's podLogsDir).`,
            })),
  },
  {
    code: 'COMPONENT_UNKNOWN',
    // What cannot restart would keep the old certificates in memory until they expire.
    find: ({ inventory: { preconditions } }) =>
      RESTARTED.filter(
        (name) => !preconditions.components.some((component) => component.name === name && component.manifest !== null),
      ).map((name) => ({
        why: `no static-pod manifest of ${name} was found`,
        remedy: `Put the manifest of ${name} back into the kubelet's staticPodPath.`,
      })),
  },
];

/** The administrator's kubeconfigs may have been removed from the node on purpose; kubeadm skips them. */
function isNeeded({ owner, id, reason }: Finding): boolean {
  const optional = reason === 'missing' && (id === 'admin.conf' || id === 'super-admin.conf');
  return (owner === 'kubeadm' || owner === 'cluster-ca') && !optional;
}
