import type { StepOf } from '../../domain/plan/steps/step-rules.ts';
import { restartStaticPod, undoOfRestart } from '../components/restart-static-pod.ts';
import { neverDone, type StepActor } from './actor.ts';
import { restart } from './step-shapes.ts';

/** A second run restarts the component again: a begun restart does not show which files its process has loaded. */
export const cycle: StepActor<StepOf<'cycle'>> = {
  schema: restart,
  writes: ({ manifest }) => [manifest],
  undo: undoOfRestart,
  isDone: neverDone,
  act: restartStaticPod,
  reload: (step) => ({ kind: 'cycle', step }),
};
