import type { Inventory, ObservedCertificate } from '../model/inventory.ts';
import type { DistributionRules, RoleRules } from './distribution.ts';
import { USUAL_SLOT } from './in-cluster.ts';
import type { RoleOf } from './names.ts';

/**
 * A node set up by hand ("Kubernetes the hard way"): units of systemd run the components, and their flags name the
 * certificates. All of these are the operator's: certagent watches them and renews none.
 */
export const hardWay: DistributionRules & { roles: Record<RoleOf<'hard-way'>, RoleRules> } = {
  roles: {
    'control-plane': { unit: 'kube-apiserver', tool: null, followsServers: false, takesTurns: true },
    worker: { unit: 'kubelet', tool: null, followsServers: false, takesTurns: false },
  },
  cluster: { slot: USUAL_SLOT, api: null, kubeletConf: () => null },
  kubeletCertificates: ['kubelet-client', 'kubelet-kubeconfig'],
  clientAuthorities: () => [],
  clientCertificates: {},
  reliesOn: () => [],
  readAtStart: () => [],
  restartWindow: () => null,
  renewsWithin: () => Number.POSITIVE_INFINITY,
  renewedAtEveryStart: () => false,
  brokenKeys: [],
  checks: [],
  blockers: [],
  operatorRemedy,
  refuseForce: () => null,
  steps: () => [],
  restore: {
    refusal: {
      why: "the certificates of this node are the operator's, and certagent has made no backup of them",
      remedy: 'Restore them from a backup of your own.',
    },
  },
};

/** Names every unit whose flags name the file. */
function operatorRemedy(
  { place: { kind, path }, component }: ObservedCertificate,
  { preconditions }: Pick<Inventory, 'preconditions'>,
): string | null {
  const units = preconditions.components.flatMap(({ name, runBy }) =>
    runBy !== undefined && (name === component || runBy.files.includes(path)) ? [runBy.unit] : [],
  );
  if (units.length === 0) return null;
  const pair = kind === 'pem' ? `${path} and its key` : `the certificate and the key in ${path}`;
  return `Replace ${pair} by a pair with the same names, then run: systemctl restart ${units.join(' ')}`;
}
