import type { Certificate } from '../model/certificate.ts';
import type { Inventory, ObservedCertificate, ServedCertificate } from '../model/inventory.ts';
import type { Step } from '../model/plan.ts';
import type { Draft } from '../plan/draft.ts';
import { expectation, served, servedSteps } from '../plan/expectations.ts';
import type { DistributionRules, RoleRules } from './distribution.ts';
import { USUAL_SLOT } from './in-cluster.ts';
import { minorOf } from './kubernetes-version.ts';
import type { Distribution, RoleOf } from './names.ts';

/** The one process of its unit, and the name of its own API, by which controllers join. */
export const K0S = 'k0s' satisfies Distribution;

const UNITS: Record<RoleOf<'k0s'>, string> = { controller: 'k0scontroller', worker: 'k0sworker' };

/** What etcd wants to see of its clients. */
const CLIENTS = { etcd: 'apiserver-etcd-client', 'etcd-peer': 'etcd/peer' } as const;

/** Every start of a controller issues all leaves again, whatever their expiry (k0s pkg/certificate/manager.go). */
export const k0s: DistributionRules & { roles: Record<RoleOf<'k0s'>, RoleRules> } = {
  roles: {
    controller: { unit: UNITS.controller, tool: null, followsServers: false, takesTurns: true },
    worker: { unit: UNITS.worker, tool: null, followsServers: false, takesTurns: false },
  },
  cluster: {
    slot: USUAL_SLOT,
    api: null,
    kubeletConf: ({ dataDir }) => (dataDir === null ? null : `${dataDir}/kubelet.conf`),
  },
  kubeletCertificates: ['kubelet-client', 'kubelet.conf'],
  clientAuthorities: ({ certificatesDir }) => [`${certificatesDir}/ca.crt`],
  clientCertificates: CLIENTS,
  reliesOn: () => [K0S],
  readAtStart: () => [],
  restartWindow: () => null,
  renewsWithin: () => Number.POSITIVE_INFINITY,
  renewedAtEveryStart: ({ owner }) => owner === K0S,
  restartRenews: () => 'A restart of k0s renews its certificates at any time.',
  // It makes a new key with each certificate.
  brokenKeys: [],
  checks: [],
  blockers: [],
  operatorRemedy,
  refuseForce: () => null,
  steps,
  restore: {
    refusal: {
      why: 'every start of k0s issues its certificates again: the next one would replace what is restored',
      remedy: `To have all certificates issued again: systemctl restart ${UNITS.controller}`,
    },
  },
};

/** What k0s calls the CAs that it makes. */
const OWN_AUTHORITIES = ['kubernetes-ca', 'kubernetes-front-proxy-ca', 'etcd-ca'];

/**
 * Minor versions that surely issue leaves again under a CA that the operator brought (k0s commits e9260d20d8 of September
 * 2025 and 2b9f3a214b of August 2026). All others keep what such a CA signed.
 */
const UNDER_ANY_CA: Record<string, number> = { ca: 35, 'etcd/ca': 37 };

/** Whether a start of this version issues what the CA `id` signed again. */
export function renewsUnder(id: string, ca: Pick<Certificate, 'commonName'>, version: string | null): boolean {
  if (OWN_AUTHORITIES.includes(ca.commonName ?? '')) return true;
  return (minorOf(version) ?? 0) >= (UNDER_ANY_CA[id] ?? Number.POSITIVE_INFINITY);
}

/** A leaf that is not there is issued, whoever made the CA. */
function operatorRemedy(
  { place: { path }, component }: ObservedCertificate,
  { node, preconditions }: Pick<Inventory, 'node' | 'preconditions'>,
): string | null {
  if (component !== K0S || !path.startsWith(`${node.paths.certificatesDir}/`)) return null;
  const unit = preconditions.unit?.name ?? UNITS.controller;
  return `This version keeps what your own CA signed. Move ${path} and its key away, then run: systemctl restart ${unit}`;
}

/** Its leaves are written before its kube-apiserver starts, so they are there when that is ready. */
function steps(draft: Draft): Step[] {
  const { inventory, settings, renewed } = draft;
  const { paths } = inventory.node;
  const { limits } = settings;
  const unit = inventory.preconditions.unit?.name ?? UNITS.controller;
  const api = served(draft).find(({ name }) => name === 'kube-apiserver');
  return [
    { kind: 'backup', directory: draft.backup, files: [], directories: [paths.certificatesDir] },
    { kind: 'restart-unit', unit, limit: limits.restart },
    {
      kind: 'await-ready',
      unit,
      health: api === undefined ? null : { scheme: 'https', host: api.host, port: api.port, path: '/readyz' },
      kubeconfig: api === undefined ? null : paths.adminKubeconfig,
      settle: limits.settle,
      // Its unit has Type=simple (k0s pkg/install/systemd_linux.go).
      writesLate: true,
      limit: limits.restart,
    },
    { kind: 'verify-files', expect: renewed.map((one) => expectation(one, inventory)) },
    ...servedSteps({ ...draft, inventory: { ...inventory, served: inventory.served.filter(isExpected) } }, CLIENTS),
  ];
}

/** Controllers can run without the API by which others join: the plan does not wait for one that did not answer before. */
function isExpected({ endpoint, state }: ServedCertificate): boolean {
  return endpoint.name !== K0S || state !== 'unreachable';
}
