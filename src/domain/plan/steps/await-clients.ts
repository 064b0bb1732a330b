import type { Instant } from '../../model/certificate.ts';
import { formatDuration } from '../../time/duration.ts';
import type { StepRule } from './step-rule.ts';

/**
 * Watches which client certificates the API server is shown, until no request has used a previous one for some time. A renewed file is
 * not a renewed process: this proves it for every part of K3s at once.
 */
export type AwaitClientsStep = {
  kind: 'await-clients';
  /** The API server that is asked with the credentials of `kubeconfig`; null: the one that this names. */
  api: { host: string; port: number } | null;
  kubeconfig: string;
  /** Whether these credentials may read the API server's counters; an agent's may not. */
  counts: boolean;
  /** The replaced certificates: the files, and when the previous content would have expired. */
  previous: { path: string; notAfter: Instant }[];
  /** Name of this node's Node, whose Lease must be renewed; null: no kubelet runs here. */
  node: string | null;
  /** Milliseconds. Kubernetes' clients look for new certificates every 5 minutes: what is seen before that proves nothing. */
  patience: number;
  /** Milliseconds without a request that uses a previous certificate. */
  quiet: number;
  limit: number;
};

export const awaitClients: StepRule<AwaitClientsStep> = {
  describe: ({ counts, patience, limit }) =>
    `${counts ? 'watch the API server until no request uses a previous certificate any more' : 'watch whether the kubelet goes on renewing its Lease'}: at least ${formatDuration(patience)}, at most ${formatDuration(limit)}`,
  onFailure: 'roll-back',
  changes: 'nothing',
  isLeftAtOnce: () => true,
};
