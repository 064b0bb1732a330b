import type { ComponentHealth, Endpoint } from '../model/inventory.ts';
import type { CycleStep, Step } from '../model/plan.ts';
import type { Draft } from '../plan/draft.ts';
import { expectation, filesOf, served, servedSteps } from '../plan/expectations.ts';

/** The static pods that must restart after every renewal, in this order. */
export const RESTARTED = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;

/** etcd asks its clients for a certificate, and logs those that have none. */
export const ETCD_CLIENTS: Partial<Record<Endpoint['name'], string>> = {
  etcd: 'etcd-healthcheck-client',
  'etcd-peer': 'etcd-peer',
};

/** One call of kubeadm for each certificate, then each static pod restarts and shows what it serves. */
export function kubeadmSteps(draft: Draft): Step[] {
  const { inventory, settings, renewed } = draft;
  return [
    { kind: 'backup', directory: draft.backup, files: backedUp(draft), directories: [] },
    ...renewed.map((one): Step => {
      const argv = argvFor(one.id, draft);
      const expect = expectation(one, inventory);
      const writes = [...new Set([expect.keyPath, expect.path])];
      return { kind: 'kubeadm-renew', name: one.id, argv, writes, expect, limit: settings.limits.kubeadm };
    }),
    { kind: 'verify-files', expect: renewed.map((one) => expectation(one, inventory)) },
    ...etcdSteps(draft),
    ...RESTARTED.flatMap((name) => restartOf(name, draft)),
    ...servedSteps(draft, ETCD_CLIENTS),
  ];
}

/** etcd serves a renewed certificate by itself, so it is asked first; only its own certificates concern it. */
function etcdSteps(draft: Draft): Step[] {
  const { renewed, settings } = draft;
  if (!renewed.some(({ id }) => id === 'etcd-server' || id === 'etcd-peer')) return [];
  const endpoints = served(draft, ETCD_CLIENTS).filter(({ name }) => name !== 'kube-apiserver');
  return restartOf('etcd', draft).map((cycle) =>
    endpoints.length === 0
      ? cycle
      : { kind: 'cycle-unless-served', endpoints, patience: settings.limits.etcdPatience, cycle },
  );
}

function restartOf(name: CycleStep['component'], { inventory, settings }: Draft): CycleStep[] {
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
 * `--cert-dir` is given too where it is not kubeadm's default, because without an API server kubeadm falls back to its
 * defaults. Before v1.20 the command was `kubeadm alpha certs`.
 */
function argvFor(name: string, { inventory: { node, preconditions }, settings }: Draft): string[] {
  const minor = Number(/^v1\.(\d+)\./.exec(preconditions.tool?.version ?? '')?.[1] ?? 20);
  return [
    ...(minor < 20 ? ['alpha'] : []),
    ...['certs', 'renew', name],
    ...(settings.kubeadmConfig === null ? [] : ['--config', settings.kubeadmConfig]),
    ...(node.paths.certificatesDir === '/etc/kubernetes/pki' ? [] : ['--cert-dir', node.paths.certificatesDir]),
  ];
}

/** All that kubeadm can overwrite and the CAs that sign it, whether it is renewed now or not; and the manifests. */
function backedUp({ inventory }: Draft): string[] {
  const own = inventory.certificates.filter(
    ({ owner, place }) =>
      owner === 'kubeadm' || owner === 'external-ca' || (owner === 'cluster-ca' && place.kind === 'pem'),
  );
  const manifests = inventory.preconditions.components.flatMap(({ manifest }) => (manifest === null ? [] : [manifest]));
  return [...filesOf(own), ...manifests.sort()];
}
