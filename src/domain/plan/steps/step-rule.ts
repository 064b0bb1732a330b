import type { Expectation } from '../../model/expectation.ts';
import type { StaticPodRestart } from './static-pod-restart.ts';

/** What the rules know of a kind of step. How it is carried out is in `renew/steps/`, in a file of the same name. */
export type StepRule<Data extends { kind: string }> = {
  /** One line that says what the step does. `restores`: the plan puts previous certificates back, and makes none. */
  describe: (step: Data, restores: boolean) => string;
  /** What a failure of the step means: everything is undone, or the plan goes on and the failure is reported. */
  onFailure: FailureRule | ((step: Data) => FailureRule);
  /** What the step changes. Before a step that changes something, the preconditions are checked again. */
  changes: 'certificates' | 'processes' | 'nothing';
  /**
   * Whether SIGTERM leaves the step where it is, and the next start goes on with it: a step that only waits, or may take
   * longer than systemd waits for certagent. Any other step is finished first.
   */
  isLeftAtOnce?: (step: Data) => boolean;
  /** Whether it is passed over, and done after the plan has failed; never when left out. */
  isForFailure?: (step: Data) => boolean;
  /** Certificates that must be new when the step is done; none when left out. */
  expects?: (step: Data) => Expectation[];
  /** The static pod that the step restarts, perhaps only where a component does not load a certificate by itself. */
  restarts?: (step: Data) => StaticPodRestart;
};

export type FailureRule = 'roll-back' | 'continue';
