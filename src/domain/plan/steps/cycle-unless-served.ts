import type { ServedExpectation } from '../../model/expectation.ts';
import { SECOND } from '../../time/duration.ts';
import type { CycleStep } from './cycle.ts';
import { describeRestart } from './static-pod-restart.ts';
import type { StepRule } from './step-rule.ts';
import { endpointNames } from './verify-served.ts';

/** For a component that loads renewed files by itself: asks what its endpoints serve, and restarts the component only when that is not the file. */
export type CycleUnlessServedStep = {
  kind: 'cycle-unless-served';
  endpoints: ServedExpectation[];
  patience: number;
  cycle: CycleStep;
};

export const cycleUnlessServed: StepRule<CycleUnlessServedStep> = {
  describe: ({ endpoints, patience, cycle }, restores) =>
    `wait until ${endpointNames(endpoints)} serve${endpoints.length === 1 ? 's' : ''} the ${restores ? 'restored' : 'new'} certificate; if not within ${patience / SECOND} s, ${describeRestart(cycle)}`,
  onFailure: 'roll-back',
  changes: 'processes',
  restarts: ({ cycle }) => cycle,
};
