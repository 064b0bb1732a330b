import type { Expectation } from '../../model/expectation.ts';
import type { Endpoint } from '../../model/inventory.ts';
import { formatDuration } from '../../time/duration.ts';
import type { StepRule } from './step-rule.ts';

/** K3s renews what 6443 serves only some 30 seconds after its start and only if somebody connects. */
export type AwaitListenerStep = { kind: 'await-listener'; endpoint: Endpoint; expect: Expectation; limit: number };

export const awaitListener: StepRule<AwaitListenerStep> = {
  describe: ({ endpoint, limit }) =>
    `connect to ${endpoint.host}:${endpoint.port} until its own certificate is new, at most ${formatDuration(limit)}`,
  onFailure: 'roll-back',
  changes: 'nothing',
  isLeftAtOnce: () => true,
  expects: ({ expect }) => [expect],
};
