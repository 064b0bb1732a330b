import { CertagentError } from '../../domain/model/errors.ts';
import type { CycleStep } from '../../domain/model/plan.ts';
import { askHealth } from '../../host/http.ts';
import type { Process } from '../../host/processes.ts';
import type { Root } from '../../host/root.ts';
import type { StepContext } from '../steps/actor.ts';
import { untilSteady } from '../wait.ts';
import { componentProcesses, processName, successorOf } from './component-processes.ts';

/**
 * Waits until the processes `before` have exited, a new process of the component runs, and that same process
 * answered its health check with 200 for at least one interval: one good answer can come from the process that is about to
 * end, or before the first crash of a new one. Throws CertagentError COMPONENT_NOT_BACK saying what was lacking.
 */
export async function awaitComponent(step: CycleStep, before: Process[], context: StepContext): Promise<void> {
  const lacking = await untilSteady(() => healthyProcess(step, context.root, before), {
    lasting: context.pollInterval,
    otherwise: `for ${step.component} to stay healthy`,
    limit: step.limit,
    interval: context.pollInterval,
    waiting: context.waiting,
  });
  if (lacking === null) return;
  throw new CertagentError(
    'COMPONENT_NOT_BACK',
    `${step.component} did not come back within ${step.limit / 1000} s (waited ${lacking})`,
    { remedy: `See its log under /var/log/pods, and the kubelet's: journalctl -u kubelet -n 100` },
  );
}

async function healthyProcess(step: CycleStep, root: Root, before: Process[]): Promise<{ process: string } | string> {
  const find = () => componentProcesses(root, step);
  const fresh = await successorOf(before, { root, name: step.component, find });
  if (typeof fresh === 'string') return fresh;
  const process = processName(fresh);
  if (step.health === null) return { process };
  const health = await askHealth(step.health, { limit: 2_000 });
  if (health.status === 200) return { process };
  return `for ${step.component} to be healthy: ${step.health.path} ${health.status === null ? `does not answer (${health.detail})` : `answers ${health.detail}`}`;
}
