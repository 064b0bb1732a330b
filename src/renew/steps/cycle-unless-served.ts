import type { StepOf } from '../../domain/plan/steps/step-rules.ts';
import { number, object, tag } from '../../host/shape.ts';
import { restartStaticPod, undoOfRestart } from '../components/restart-static-pod.ts';
import { untilServed } from '../verify/served.ts';
import { neverDone, type StepActor, type StepContext } from './actor.ts';
import { restart, servedEndpoints } from './step-shapes.ts';

/** etcd reads its files again for each connection; it is restarted only if it does not. A second run checks again. */
export const cycleUnlessServed: StepActor<StepOf<'cycle-unless-served'>> = {
  schema: object({ kind: tag('cycle-unless-served'), endpoints: servedEndpoints, patience: number, cycle: restart }),
  writes: ({ cycle }) => [cycle.manifest],
  undo: ({ cycle }, context) => undoOfRestart(cycle, context),
  isDone: neverDone,
  act,
  reload: ({ cycle }) => ({ kind: 'cycle', step: cycle }),
};

async function act(step: StepOf<'cycle-unless-served'>, context: StepContext): Promise<string> {
  const answer = await untilServed(step.endpoints, step.patience, context);
  if (answer instanceof Map) return 'serves it by itself';
  return `did not serve it by itself; ${await restartStaticPod(step.cycle, context)}`;
}
