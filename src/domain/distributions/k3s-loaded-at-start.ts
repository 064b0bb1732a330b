import type { LoadedAtStart, ObservedCertificate } from '../model/inventory.ts';
import type { Draft } from '../plan/draft.ts';

/**
 * What K3s reads at its start and never again: until it restarts, it uses the previous one, also when that has expired. That ends
 * no connection and shows on no port, and the API server does not count it.
 */
const USES: Record<LoadedAtStart | 'etcd', { certificate: string; uses: string }> = {
  // Measured on v1.36.3: when it has expired, each of these requests fails with 401 until K3s restarts.
  egress: {
    certificate: 'client-kube-apiserver',
    uses: 'its API server uses it to reach kubelets, webhooks and extension APIs (unless egress-selector-mode is "disabled")',
  },
  // Read: one client of etcd for as long as K3s runs.
  etcd: { certificate: 'etcd/client', uses: 'K3s uses it to manage the members of embedded etcd' },
  registry: { certificate: 'agent/client-k3s-controller', uses: 'the embedded registry uses it' },
};

/** Why a certificate of this renewal is of no use to the running K3s; null: each of them is. */
export function loadedAtStart({ inventory: { preconditions }, renewed }: Draft): string | null {
  const known = preconditions.loadedAtStart;
  if (known === undefined) return 'certagent does not know how its API server reaches kubelets';
  const isEtcd = preconditions.rehearsal?.datastore === 'etcd';
  for (const use of [...known, ...(isEtcd ? (['etcd'] as const) : [])]) {
    const { certificate, uses } = USES[use];
    if (renewed.some(({ id }: ObservedCertificate) => id === certificate))
      return `the running K3s does not load ${certificate} again: ${uses}`;
  }
  return null;
}
