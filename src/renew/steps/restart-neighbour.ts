import { CertagentError } from '../../domain/model/errors.ts';
import type { StepOf } from '../../domain/plan/steps/step-rules.ts';
import { findAllOfPod } from '../../host/pod-processes.ts';
import { isCalled, type Process } from '../../host/processes.ts';
import type { Root } from '../../host/root.ts';
import { nodePath, number, object, tag } from '../../host/shape.ts';
import { changeAnnotation } from '../components/change-annotation.ts';
import { processName, successorOf } from '../components/component-processes.ts';
import { stopwatch, untilSteady } from '../wait.ts';
import { neverDone, noUndo, type StepActor, type StepContext } from './actor.ts';
import { podIdentity } from './step-shapes.ts';

type Data = StepOf<'restart-neighbour'>;

export const restartNeighbour: StepActor<Data> = {
  schema: object({ kind: tag('restart-neighbour'), pod: podIdentity, manifest: nodePath, limit: number }),
  writes: ({ manifest }) => [manifest],
  // Its files stay as they are, whether it comes back or not.
  undo: noUndo,
  isDone: neverDone,
  act,
};

/** In intervals of two looks. */
const STAYS = 8;

/**
 * Waits until the pod's previous processes have exited and a new one has run for a while: nobody can be asked whether it is
 * healthy. Throws CertagentError COMPONENT_NOT_BACK, MANIFEST_MISSING, BAD_MANIFEST …
 */
async function act(step: Data, context: StepContext): Promise<string> {
  const elapsed = stopwatch();
  const { root, pollInterval, waiting } = context;
  const { name } = step.pod;
  const find = () => containers(root, step);
  const before = await find();
  await changeAnnotation(step, context);
  const lacking = await untilSteady(
    async () => {
      const fresh = await successorOf(before, { root, name, find });
      return typeof fresh === 'string' ? fresh : { process: processName(fresh) };
    },
    {
      lasting: STAYS * pollInterval,
      otherwise: `for ${name} to stay`,
      limit: step.limit,
      interval: pollInterval,
      waiting,
    },
  );
  if (lacking === null) return `back after ${elapsed()}`;
  throw new CertagentError(
    'COMPONENT_NOT_BACK',
    `${name} did not come back within ${step.limit / 1000} s (waited ${lacking})`,
    { remedy: `See its log under ${step.pod.logsDir}, and the kubelet's: journalctl -u kubelet -n 100` },
  );
}

/** Without the process that only holds the pod's namespaces. */
async function containers(root: Root, { pod }: Data): Promise<Process[]> {
  return (await findAllOfPod(root, pod)).filter(({ argv }) => !isCalled(argv, 'pause'));
}
