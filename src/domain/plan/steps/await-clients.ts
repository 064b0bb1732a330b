import type { Instant } from '../../model/certificate.ts';
import { formatDuration } from '../../time/duration.ts';
import type { StepRule } from './step-rule.ts';

/**
 * Watches which client certificates the API server is shown, until no request has used a previous one for some time. A renewed file is
 * not a renewed process: this proves it for every part of K3s at once.
 */
export type AwaitClientsStep = {
  kind: 'await-clients';
  /** The API server, asked with the credentials of `kubeconfig`. */
  api: { host: string; port: number };
  kubeconfig: string;
  /** The replaced certificates: the files, and when the previous content would have expired. */
  previous: { path: string; notAfter: Instant }[];
  /** Name of this node's Node, whose kubelet must renew its Lease and answer through the API server; null: no kubelet runs here. */
  node: string | null;
  /** Milliseconds. Kubernetes' clients look for new certificates every 5 minutes: what is seen before that proves nothing. */
  patience: number;
  /** Milliseconds without a request that uses a previous certificate. */
  quiet: number;
  limit: number;
};

export const awaitClients: StepRule<AwaitClientsStep> = {
  describe: ({ patience, limit }) =>
    `watch the API server until no request uses a previous certificate any more: at least ${formatDuration(patience)}, at most ${formatDuration(limit)}`,
  onFailure: 'roll-back',
  changes: 'nothing',
  isLeftAtOnce: () => true,
};
