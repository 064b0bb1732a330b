import { draftRepairsKubelet } from '../decide/kubelet-repair.ts';
import { LOOPBACK_NOTICE } from '../decide/loopback.ts';
import { lifetime } from '../model/certificate.ts';
import type { ComponentHealth, Endpoint, Inventory, Neighbour } from '../model/inventory.ts';
import type { CycleStep, ServedExpectation, Step } from '../model/plan.ts';
import type { Draft } from '../plan/draft.ts';
import { expectation, filesOf, served, servedSteps } from '../plan/expectations.ts';
import { neighboursOf } from '../plan/neighbours.ts';
import { MIN_AGE } from '../plan/steps/static-pod-restart.ts';
import type { StepOf } from '../plan/steps/step-rules.ts';
import { DAY, SECOND } from '../time/duration.ts';
import { namesSteps } from './kubeadm-names.ts';
import { kubeletSteps } from './kubelet-plan.ts';
import { minorOf, reloadsByItself } from './kubernetes-version.ts';

/** The static pods that certagent restarts, in this order. */
export const RESTARTED = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;

/** Kubeconfigs that are read once, at the start of the component. */
const READ_ONCE = { 'kube-controller-manager': 'controller-manager.conf', 'kube-scheduler': 'scheduler.conf' } as const;

/** etcd asks its clients for a certificate, and logs those that have none. */
export const ETCD_CLIENTS: Partial<Record<Endpoint['name'], string>> = {
  etcd: 'etcd-healthcheck-client',
  'etcd-peer': 'etcd-peer',
};

/** One call of kubeadm for each certificate, then each static pod restarts and shows what it serves. */
export function kubeadmSteps(draft: Draft): Step[] {
  if (draftRepairsKubelet(draft)) return kubeletSteps(draft);
  const { inventory, settings, renewed } = draft;
  return [
    backupStep(draft),
    ...namesSteps(draft),
    ...renewed.map((one): Step => {
      const argv = argvFor(one.id, draft);
      const expect = expectation(one, inventory);
      const writes = [...new Set([expect.keyPath, expect.path])];
      return { kind: 'kubeadm-renew', name: one.id, argv, writes, expect, limit: settings.limits.kubeadm };
    }),
    ...verified(draft),
    ...loadingSteps(draft),
  ];
}

/** Certificates of a backup take the place of those that the plan of that backup made: the same components load them. */
export function restoringSteps(draft: Draft, restoring: StepOf<'restore-files'>): Step[] {
  const expect = draft.renewed.map((one) => ({ ...expectation(one, draft.inventory), old: null }));
  return [backupStep(draft), restoring, { kind: 'verify-files', expect }, ...loadingSteps(draft)];
}

/** Certificates that a CA elsewhere has signed, with their keys: kubeadm takes no part in it. */
export function installingSteps(draft: Draft, installing: StepOf<'install-files'>): Step[] {
  return [backupStep(draft), installing, ...verified(draft), ...loadingSteps(draft)];
}

function backupStep(draft: Draft): Step {
  return { kind: 'backup', directory: draft.backup, files: backedUp(draft), directories: [] };
}

/** Each component loads what is on disk, and shows what it serves. */
function loadingSteps(draft: Draft): Step[] {
  const { settings } = draft;
  return [
    ...etcdSteps(draft),
    ...apiserverSteps(draft),
    ...readersOf(draft).flatMap((name) => restartOf(name, draft)),
    ...servedSteps(draft, ETCD_CLIENTS),
    ...restartedNeighbours(draft).map(
      ({ identity, manifest }): Step => ({
        kind: 'restart-neighbour',
        pod: identity,
        manifest,
        limit: settings.limits.component,
      }),
    ),
  ];
}

/** Last, one by one: the cluster does not depend on them, or would have lost them already. */
function restartedNeighbours({ inventory, renewed, settings }: Draft): Neighbour[] {
  return settings.neighbours === 'restart' ? neighboursOf(inventory, renewed) : [];
}

function verified({ renewed, inventory }: Draft): Step[] {
  // A plan that only restarts renews no file.
  if (renewed.length === 0) return [];
  return [{ kind: 'verify-files', expect: renewed.map((one) => expectation(one, inventory)) }];
}

/** etcd serves a renewed certificate by itself, so it is asked first; only its own certificates concern it. */
function etcdSteps(draft: Draft): Step[] {
  const { renewed, settings } = draft;
  if (!renewed.some(({ id }) => id === 'etcd-server' || id === 'etcd-peer')) return [];
  const endpoints = served(draft, ETCD_CLIENTS).filter(({ name }) => name !== 'kube-apiserver');
  return unlessServed('etcd', endpoints, settings.limits.etcdPatience, draft);
}

/** Where it loads renewed certificates by itself, nothing is restarted, and the API is never away. */
function apiserverSteps(draft: Draft): Step[] {
  const { renewed, settings, inventory } = draft;
  if (!concernsApiserver(draft)) return [];
  if (!loadsByItself(inventory) || isDueByLoopback(draft)) return restartOf('kube-apiserver', draft);
  const endpoints = served(draft).filter(({ name }) => name === 'kube-apiserver');
  const isServed = endpoints.some(({ expects }) => renewed.some(({ id }) => id === expects));
  // Where its port is not known, nothing would show that it serves the new one.
  if (endpoints.length > 0 && !isServed) return [];
  return unlessServed('kube-apiserver', endpoints, settings.limits.served, draft);
}

/** Whether it loads what is renewed, or is restarted for its own sake: of certificates that a person named, not all do. */
function concernsApiserver(draft: Draft): boolean {
  const { renewed } = draft;
  return (
    renewed.length === 0 || renewed.some(({ component }) => component === 'kube-apiserver') || isDueByLoopback(draft)
  );
}

/**
 * Whether the kube-apiserver uses renewed certificates without a restart. One that is not healthy, or whose start is
 * being held back, would only be up again after the kubelet's back-off.
 */
function loadsByItself({ preconditions }: Pick<Inventory, 'preconditions'>): boolean {
  const apiserver = preconditions.components.find(({ name }) => name === 'kube-apiserver');
  return apiserver?.healthy === true && apiserver.pid !== null && reloadsByItself(apiserver.version);
}

/**
 * Whether a restart now spares a restart of its own before the next renewal, for which eleven of twelve months pass; and in
 * any case when the loopback certificate has only weeks left.
 */
function isDueByLoopback({ inventory: { preconditions, takenAt }, isMaintenance, renewed }: Draft): boolean {
  const left = (preconditions.loopback?.notAfter ?? Number.POSITIVE_INFINITY) - takenAt;
  const lifetimes = renewed.map(({ certificate }) => lifetime(certificate));
  const untilNext = (Math.min(365 * DAY, ...lifetimes) * 11) / 12;
  return left <= LOOPBACK_NOTICE || (isMaintenance && left < untilNext);
}

/** Before v1.27 the kube-apiserver restarts, and those that have lost it are restarted with it. */
function readersOf(draft: Draft): (keyof typeof READ_ONCE)[] {
  const { inventory, renewed } = draft;
  const all = Object.keys(READ_ONCE) as (keyof typeof READ_ONCE)[];
  if (!loadsByItself(inventory) && concernsApiserver(draft)) return all;
  return all.filter((name) => renewed.some(({ id }) => id === READ_ONCE[name]));
}

function unlessServed(
  name: CycleStep['component'],
  endpoints: ServedExpectation[],
  patience: number,
  draft: Draft,
): Step[] {
  return restartOf(name, draft).map((cycle) =>
    endpoints.length === 0 ? cycle : { kind: 'cycle-unless-served', endpoints, patience, cycle },
  );
}

function restartOf(name: CycleStep['component'], { inventory, settings }: Draft): CycleStep[] {
  const { components } = inventory.preconditions;
  const kubelet = components.find((component) => component.name === 'kubelet')?.health;
  return components.filter(hasManifest(name)).map((component) => {
    const method = settings.cycle === 'signal' && !canBeSignalled(component, inventory) ? 'annotate' : settings.cycle;
    return {
      kind: 'cycle',
      component: name,
      manifest: component.manifest,
      method,
      processArguments: component.processArguments,
      ...(component.pod === null ? {} : { pod: component.pod }),
      ...(method === 'signal' && mayBeKilled(component) ? { killAfter: GRACE } : {}),
      ...(method === 'signal' && kubelet ? { kubelet } : {}),
      health: component.health,
      limit: settings.limits.component,
    };
  });
}

/** Since then a kubelet waits for the end of the previous pod and for its next look: 12 to 16 s (kubernetes/kubernetes#104743). */
const ANNOTATION_IS_SLOW = 23;

export function restartsBySignal(version: string | null): boolean {
  return (minorOf(version) ?? ANNOTATION_IS_SLOW) >= ANNOTATION_IS_SLOW;
}

/** By the time that it takes to drain: with SIGTERM alone the API is away for a minute, with SIGKILL for 5 s (measured on v1.36). */
const GRACE = 5 * SECOND;

/** An operator who wants it to shut down slowly has a reason, a load balancer for example. */
function mayBeKilled({ name, delaysShutdown }: ComponentHealth): boolean {
  return name === 'kube-apiserver' && !delaysShutdown;
}

/**
 * Elsewhere an annotation makes a new pod of it: no process, one of another user, one that the kubelet would hold back, and a
 * kubelet before v1.23, where that is quicker.
 */
function canBeSignalled({ startedAt, isSameUser, version }: ComponentHealth, { takenAt }: Inventory): boolean {
  return restartsBySignal(version) && isSameUser && startedAt !== null && takenAt - startedAt >= MIN_AGE;
}

function hasManifest(name: string) {
  return (component: ComponentHealth): component is ComponentHealth & { manifest: string } =>
    component.name === name && component.manifest !== null;
}

/**
 * `--cert-dir` is given too where it is not kubeadm's default, because without an API server kubeadm falls back to its
 * defaults. Before v1.20 the command was `kubeadm alpha certs`.
 */
export function argvFor(name: string, { inventory: { node, preconditions }, settings }: Draft): string[] {
  const minor = minorOf(preconditions.tool?.version ?? null) ?? 20;
  return [
    ...(minor < 20 ? ['alpha'] : []),
    ...['certs', 'renew', name],
    ...(settings.kubeadmConfig === null ? [] : ['--config', settings.kubeadmConfig]),
    ...(node.paths.certificatesDir === '/etc/kubernetes/pki' ? [] : ['--cert-dir', node.paths.certificatesDir]),
  ];
}

/** All that kubeadm can overwrite and the CAs that sign it, whether it is renewed now or not; and the manifests. */
function backedUp(draft: Draft): string[] {
  const { inventory } = draft;
  const own = inventory.certificates.filter(
    ({ owner, place }) =>
      owner === 'kubeadm' || owner === 'external-ca' || (owner === 'cluster-ca' && place.kind === 'pem'),
  );
  const manifests = inventory.preconditions.components.flatMap(({ manifest }) => (manifest === null ? [] : [manifest]));
  return [...filesOf(own), ...[...manifests, ...restartedNeighbours(draft).map(({ manifest }) => manifest)].sort()];
}
