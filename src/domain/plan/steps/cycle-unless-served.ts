import type { ServedExpectation } from '../../model/expectation.ts';
import { formatDuration } from '../../time/duration.ts';
import type { CycleStep } from './cycle.ts';
import { describeRestart } from './static-pod-restart.ts';
import type { StepRule } from './step-rule.ts';
import { endpointNames } from './verify-served.ts';

/** Asks what endpoints serve, and restarts the component only when that is not the file. */
export type CycleUnlessServedStep = {
  kind: 'cycle-unless-served';
  endpoints: ServedExpectation[];
  patience: number;
  cycle: CycleStep;
};

export const cycleUnlessServed: StepRule<CycleUnlessServedStep> = {
  describe: ({ endpoints, patience, cycle }) =>
    `ask ${endpointNames(endpoints)} what is served; unless it is the new certificate within ${formatDuration(patience)}: ${describeRestart(cycle)}`,
  onFailure: 'roll-back',
  changes: 'processes',
  restarts: ({ cycle }) => cycle,
};
