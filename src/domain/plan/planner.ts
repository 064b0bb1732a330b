import { CYCLED } from '../decide/blockers.ts';
import type { Instant } from '../model/certificate.ts';
import type { Decisions } from '../model/decision.ts';
import { CertagentError } from '../model/errors.ts';
import type { ComponentHealth, Inventory, ObservedCertificate } from '../model/inventory.ts';
import type { CycleStep, Expectation, RenewalPlan, ServedExpectation, Step } from '../model/plan.ts';

/** Of the configuration, what a plan is made with. Limits in milliseconds. */
export type PlanSettings = {
  /** kubeadm's `--config`; null: kubeadm asks the cluster. */
  kubeadmConfig: string | null;
  cycle: 'annotate' | 'move';
  /** Directory of all backups; each plan has its own directory below it. */
  backups: string;
  limits: {
    kubeadm: number;
    component: number;
    etcdPatience: number;
    restart: number;
    listener: number;
    served: number;
  };
};

export const BACKUPS_DIR = '/var/lib/certagent/backups';

export type PlanInput = {
  inventory: Inventory;
  decisions: Decisions;
  settings: PlanSettings;
  planId: string;
  now: Instant;
};

type Draft = PlanInput & { renewed: ObservedCertificate[]; backup: string };

/**
 * The renewal that was decided on as plain data; null when nothing is to be renewed now.
 * Throws CertagentError BACKUP_IN_MANIFESTS when the backup would be run as pods by the kubelet.
 */
export function makePlan(input: PlanInput): RenewalPlan | null {
  const { inventory, decisions, settings, planId, now } = input;
  const { distribution } = inventory.node;
  if (decisions.renewal.kind !== 'now' || distribution === null) return null;
  const { ids, why } = decisions.renewal;
  const renewed = inventory.certificates.filter(({ id }) => ids.includes(id)).sort(byId);
  const draft = { ...input, renewed, backup: `${settings.backups}/${planId}` };
  refuseManifestsDir(draft);
  return {
    id: planId,
    createdAt: now,
    distribution,
    certificates: renewed.map(({ id }) => id),
    why,
    oldExpired: renewed.some(({ component, certificate }) => component !== null && certificate.notAfter < now),
    steps: distribution === 'kubeadm' ? kubeadmSteps(draft) : restartSteps(draft),
  };
}

function kubeadmSteps(draft: Draft): Step[] {
  const { inventory, settings, renewed } = draft;
  const cycled = CYCLED.flatMap((name) => cycleOf(name, draft));
  return [
    { kind: 'backup', directory: draft.backup, files: kubeadmBackup(draft), directories: [] },
    ...renewed.map((one): Step => {
      const argv = kubeadmArgv(one.id, draft);
      const expect = expectation(one, inventory);
      const writes = [...new Set([expect.keyPath, expect.path])];
      return { kind: 'kubeadm-renew', name: one.id, argv, writes, expect, limit: settings.limits.kubeadm };
    }),
    { kind: 'verify-files', expect: renewed.map((one) => expectation(one, inventory)) },
    ...etcdSteps(draft),
    ...cycled,
    ...servedSteps(draft),
  ];
}

/** etcd serves a renewed certificate by itself, so it is asked first; only its own certificates concern it. */
function etcdSteps(draft: Draft): Step[] {
  const { renewed, settings } = draft;
  if (!renewed.some(({ id }) => id === 'etcd-server' || id === 'etcd-peer')) return [];
  const endpoints = served(draft).filter(({ name }) => name !== 'kube-apiserver');
  return cycleOf('etcd', draft).map((cycle) =>
    endpoints.length === 0
      ? cycle
      : { kind: 'cycle-unless-served', endpoints, patience: settings.limits.etcdPatience, cycle },
  );
}

function cycleOf(name: CycleStep['component'], { inventory, settings }: Draft): CycleStep[] {
  return inventory.preconditions.components.filter(hasManifest(name)).map(({ manifest, processArguments, health }) => ({
    kind: 'cycle',
    component: name,
    manifest,
    method: settings.cycle,
    processArguments,
    health,
    limit: settings.limits.component,
  }));
}

function hasManifest(name: string) {
  return (component: ComponentHealth): component is ComponentHealth & { manifest: string } =>
    component.name === name && component.manifest !== null;
}

/**
 * `--cert-dir` is said too where it is not kubeadm's default, because without an API server kubeadm falls back to its
 * defaults. Before v1.20 the command was `kubeadm alpha certs`.
 */
function kubeadmArgv(name: string, { inventory: { node, preconditions }, settings }: Draft): string[] {
  const minor = Number(/^v1\.(\d+)\./.exec(preconditions.tool?.version ?? '')?.[1] ?? 20);
  return [
    ...(minor < 20 ? ['alpha'] : []),
    ...['certs', 'renew', name],
    ...(settings.kubeadmConfig === null ? [] : ['--config', settings.kubeadmConfig]),
    ...(node.paths.certificatesDir === '/etc/kubernetes/pki' ? [] : ['--cert-dir', node.paths.certificatesDir]),
  ];
}

/** All that kubeadm can overwrite and the CAs that sign it, whether it is renewed now or not; and the manifests. */
function kubeadmBackup({ inventory }: Draft): string[] {
  const own = inventory.certificates.filter(
    ({ owner, place }) =>
      owner === 'kubeadm' || owner === 'external-ca' || (owner === 'cluster-ca' && place.kind === 'pem'),
  );
  const manifests = inventory.preconditions.components.flatMap(({ manifest }) => (manifest === null ? [] : [manifest]));
  return [...filesOf(own), ...manifests.sort()];
}

function restartSteps(draft: Draft): Step[] {
  const { inventory, settings, renewed } = draft;
  const { paths, role } = inventory.node;
  const unit = inventory.preconditions.unit?.name ?? inventory.node.distribution!;
  const endpoints = role === 'server' ? served(draft) : [];
  const api = endpoints.find(({ name }) => name === 'k3s' || name === 'kube-apiserver');
  const listener = endpoints.find(({ name }) => name === 'k3s' || name === 'rke2-supervisor');
  const ownListener = renewed.find(({ id }) => id === listener?.expects);
  const directories = role === 'server' ? [paths.certificatesDir, paths.kubeconfigDir] : [];
  const elsewhere = filesOf(inventory.certificates.filter(({ owner }) => owner === inventory.node.distribution)).filter(
    (file) => !directories.some((directory) => file.startsWith(`${directory}/`)),
  );
  // Every leaf but the listener's is written before the unit is ready; that one is waited for by itself.
  const written = renewed.filter((one) => one !== ownListener);
  return [
    { kind: 'backup', directory: draft.backup, files: elsewhere, directories },
    { kind: 'restart-unit', unit, limit: settings.limits.restart },
    {
      kind: 'await-ready',
      unit,
      health: api === undefined ? null : { scheme: 'https', host: api.host, port: api.port, path: '/readyz' },
      kubeconfig: api === undefined ? null : paths.adminKubeconfig,
      limit: settings.limits.restart,
    },
    ...(listener === undefined || ownListener === undefined
      ? []
      : [
          {
            kind: 'await-listener' as const,
            endpoint: endpointOf(listener),
            expect: expectation(ownListener, inventory),
            limit: settings.limits.listener,
          },
        ]),
    { kind: 'verify-files', expect: written.map((one) => expectation(one, inventory)) },
    ...servedSteps(draft),
  ];
}

function servedSteps(draft: Draft): Step[] {
  const endpoints = served(draft);
  return endpoints.length === 0 ? [] : [{ kind: 'verify-served', endpoints, limit: draft.settings.limits.served }];
}

/** The endpoints of the node whose certificate's file is known, with the credentials that etcd may ask for. */
function served({ inventory }: Draft): ServedExpectation[] {
  const byName = new Map(inventory.certificates.map((one) => [one.id, one]));
  return inventory.served.flatMap(({ endpoint }) => {
    const file = byName.get(endpoint.expects);
    if (file === undefined) return [];
    const credentials = byName.get(CREDENTIALS[endpoint.name] ?? '');
    const client =
      credentials === undefined
        ? {}
        : { client: { certificatePath: credentials.place.path, keyPath: keyPath(credentials) } };
    return [{ ...endpoint, path: file.place.path, ...client }];
  });
}

const CREDENTIALS: Record<string, string> = { etcd: 'etcd-healthcheck-client', 'etcd-peer': 'etcd-peer' };

function endpointOf({ name, host, port, expects }: ServedExpectation) {
  return { name, host, port, expects };
}

function expectation(observed: ObservedCertificate, inventory: Inventory): Expectation {
  const { serial, notAfter, sans, usages, subject } = observed.certificate;
  const ca = inventory.certificates.find(({ id }) => id === observed.issuance.ca);
  return {
    id: observed.id,
    path: observed.place.path,
    keyPath: keyPath(observed),
    caPath: ca?.place.path ?? null,
    old: { serial, notAfter, sans, usages, subject },
  };
}

function keyPath({ key, place }: ObservedCertificate): string {
  return key.state === 'not-expected' ? place.path : key.path;
}

/** Certificates and keys by name, each file once. A key that is not there cannot be backed up. */
function filesOf(certificates: ObservedCertificate[]): string[] {
  const files = certificates.flatMap(({ place, key }) =>
    key.state === 'matches' || key.state === 'differs' ? [place.path, key.path] : [place.path],
  );
  return [...new Set(files)].sort();
}

/** The kubelet runs every file there as a pod, copies of manifests too. */
function refuseManifestsDir({ inventory, backup }: Draft): void {
  const { manifestsDir } = inventory.node.paths;
  if (manifestsDir === null || !`${backup}/`.startsWith(`${manifestsDir.replace(/\/+$/, '')}/`)) return;
  throw new CertagentError(
    'BACKUP_IN_MANIFESTS',
    `the backup ${backup} would lie inside the manifests directory ${manifestsDir}, and the kubelet would run it`,
    { remedy: "Point the kubelet's staticPodPath at a directory of its own." },
  );
}

function byId(a: ObservedCertificate, b: ObservedCertificate): number {
  return a.id < b.id ? -1 : 1;
}
