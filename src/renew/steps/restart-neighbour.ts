import { CertagentError } from '../../domain/model/errors.ts';
import type { StepOf } from '../../domain/plan/steps/step-rules.ts';
import { findAllOfPod } from '../../host/pod-processes.ts';
import { isCalled, type Process } from '../../host/processes.ts';
import type { Root } from '../../host/root.ts';
import { nodePath, number, object, tag } from '../../host/shape.ts';
import { changeAnnotation } from '../components/change-annotation.ts';
import { isSame, stillRunning } from '../components/component-processes.ts';
import { stopwatch, until } from '../wait.ts';
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
 * healthy. Throws CertagentError COMPONENT_NOT_BACK,
 * MANIFEST_MISSING, BAD_MANIFEST …
 */
async function act(step: Data, context: StepContext): Promise<string> {
  const elapsed = stopwatch();
  const before = await containers(context.root, step);
  await changeAnnotation(step, context);
  let last: Process | undefined;
  let since = 0;
  const answer = await until(
    async () => {
      if ((await stillRunning(context.root, before)).length > 0) return `for the previous ${step.pod.name} to stop`;
      const now = await containers(context.root, step);
      const fresh = now.findLast((process) => !before.some((old) => isSame(old, process)));
      if (fresh === undefined || last === undefined || !isSame(last, fresh)) since = performance.now();
      last = fresh;
      if (fresh === undefined) return `for the kubelet to start ${step.pod.name}`;
      const stays = performance.now() - since >= STAYS * context.pollInterval;
      return stays ? {} : `for ${step.pod.name} to stay`;
    },
    { limit: step.limit, interval: context.pollInterval, waiting: context.waiting },
  );
  if (typeof answer !== 'string') return `back after ${elapsed()}`;
  throw new CertagentError(
    'COMPONENT_NOT_BACK',
    `${step.pod.name} did not come back within ${step.limit / 1000} s (waited ${answer})`,
    { remedy: `See its log under ${step.pod.logsDir}, and the kubelet's: journalctl -u kubelet -n 100` },
  );
}

/** Without the process that only holds the pod's namespaces. */
async function containers(root: Root, { pod }: Data): Promise<Process[]> {
  return (await findAllOfPod(root, pod)).filter(({ argv }) => !isCalled(argv, 'pause'));
}
