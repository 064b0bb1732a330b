import { formatDuration } from '../../time/duration.ts';
import type { StepRule } from './step-rule.ts';

/**
 * Waits until every client of an agent has had its time to load replaced certificates, and shows that the kubelet still works then. Who uses
 * which certificate cannot be seen from an agent: its API server counts requests for administrators only.
 */
export type AwaitKubeletStep = {
  kind: 'await-kubelet';
  /** Of the kubelet: the API server that it uses is asked with the certificate that it has now. */
  kubeconfig: string;
  /** The replaced certificates: how long ago tells how long the clients have had. */
  replaced: string[];
  /** Name of this node's Node, whose Lease the kubelet must renew. */
  node: string;
  /** Milliseconds. Kubernetes' clients look for new certificates every 5 minutes. */
  patience: number;
  limit: number;
};

export const awaitKubelet: StepRule<AwaitKubeletStep> = {
  describe: ({ patience, limit }) =>
    `see that the kubelet still renews its Lease when its clients have had their time to load the new certificates: after ${formatDuration(patience)}, at most ${formatDuration(limit)}`,
  onFailure: 'roll-back',
  changes: 'nothing',
  isLeftAtOnce: () => true,
};
