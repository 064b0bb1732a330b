import type { ComponentName } from '../../model/inventory.ts';
import type { PodIdentity } from '../../model/pod-identity.ts';
import { formatDuration } from '../../time/duration.ts';
import type { StepRule } from './step-rule.ts';

/** A static pod, and the renewed files that its program reads when it starts. */
export type AwaitedPod = {
  component: ComponentName;
  processArguments: string[];
  pod: PodIdentity;
  loads: string[];
};

/** RKE2 replaces the static pods of its server after its start, one after the other. */
export type AwaitPodsStep = { kind: 'await-pods'; unit: string; pods: AwaitedPod[]; limit: number };

export const awaitPods: StepRule<AwaitPodsStep> = {
  describe: ({ unit, pods, limit }) =>
    `wait for new processes of ${pods.map(({ component }) => component).join(' and ')}, which ${unit} replaces one after the other, at most ${formatDuration(limit)}`,
  // The new certificates are in place and served: previous ones would help nobody.
  onFailure: 'continue',
  changes: 'nothing',
  isLeftAtOnce: () => true,
};
