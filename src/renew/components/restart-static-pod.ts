import type { Undo } from '../../domain/model/journal.ts';
import type { CycleStep } from '../../domain/model/plan.ts';
import type { StepContext } from '../steps/actor.ts';
import { stopwatch } from '../wait.ts';
import { awaitComponent } from './await-component.ts';
import { componentProcesses } from './component-processes.ts';
import { RESTART_METHODS } from './restart-methods.ts';

/**
 * Makes the kubelet restart a static pod, and waits until another process is there, the previous one has ended, and the
 * component is healthy. Returns the detail for a person. Throws CertagentError COMPONENT_NOT_BACK, MANIFEST_MISSING,
 * BAD_MANIFEST …
 */
export async function restartStaticPod(step: CycleStep, context: StepContext): Promise<string> {
  const elapsed = stopwatch();
  const before = await componentProcesses(context.root, step);
  await RESTART_METHODS[step.method].start(step, context, before);
  await awaitComponent(step, before, context);
  return `back after ${elapsed()}`;
}

export async function undoOfRestart(step: CycleStep, { root }: StepContext): Promise<Undo> {
  return RESTART_METHODS[step.method].undo(step, root);
}
