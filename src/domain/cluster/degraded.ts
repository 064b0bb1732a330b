import { LEASE } from './lease.ts';
import type { ClusterSeen } from './seen.ts';

/** Why turns cannot be taken by the Lease: the alert COORDINATION_DEGRADED. */
export type Degraded = { why: string; remedy: string };

const REMEDIES = {
  'no-credentials':
    "Give certagent a kubeconfig whose user may use the Lease: cluster.kubeconfig names one; without it the administrator's kubeconfig of this node is used.",
  forbidden: 'Allow the user to get, create and update the Lease: certagent cluster manifest prints the rules.',
} as const;

/** An API that is away is not a fault of this node's, and other alerts report it. */
export function degradedBy({ lease }: Pick<ClusterSeen, 'lease'>): Degraded | null {
  if (lease.state !== 'unreadable' || lease.why === 'away') return null;
  return {
    why: `the Lease ${LEASE.namespace}/${LEASE.name}, by which the nodes take turns, cannot be used: ${lease.detail}. This node takes its turns by the time of day instead`,
    remedy: REMEDIES[lease.why],
  };
}
