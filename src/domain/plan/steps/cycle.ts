import { describeRestart, type StaticPodRestart } from './static-pod-restart.ts';
import type { StepRule } from './step-rule.ts';

/** Restarts a static pod: the kubelet ends its process and starts another. */
export type CycleStep = { kind: 'cycle' } & StaticPodRestart;

export const cycle: StepRule<CycleStep> = {
  describe: describeRestart,
  onFailure: 'roll-back',
  changes: 'processes',
  restarts: (step) => step,
};
