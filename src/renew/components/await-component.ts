import { CertagentError } from '../../domain/model/errors.ts';
import type { CycleStep } from '../../domain/model/plan.ts';
import { askHealth } from '../../host/http.ts';
import type { Process } from '../../host/processes.ts';
import type { Root } from '../../host/root.ts';
import type { StepContext } from '../steps/actor.ts';
import { until } from '../wait.ts';
import { componentProcesses, isSame, stillRunning } from './component-processes.ts';

/**
 * Waits until the processes `before` have exited, a new process of the component runs, and that same process
 * answered its health check with 200 for at least one interval: one good answer can come from the process that is about to
 * end, or before the first crash of a new one. Throws CertagentError COMPONENT_NOT_BACK saying what was lacking.
 */
export async function awaitComponent(step: CycleStep, before: Process[], context: StepContext): Promise<void> {
  let goodSince = 0;
  let last: Process | undefined;
  const answer = await until(
    async () => {
      const processes = await componentProcesses(context.root, step);
      const fresh = processes.filter((process) => !before.some((old) => isSame(old, process))).at(-1);
      const lacking = await whatLacks(step, context.root, before, fresh);
      const same = last !== undefined && fresh !== undefined && isSame(last, fresh);
      const now = performance.now();
      if (lacking !== null || !same) goodSince = now;
      last = fresh;
      return lacking === null && now - goodSince >= context.pollInterval
        ? {}
        : (lacking ?? `for ${step.component} to stay healthy`);
    },
    { limit: step.limit, interval: context.pollInterval, waiting: context.waiting },
  );
  if (typeof answer !== 'string') return;
  throw new CertagentError(
    'COMPONENT_NOT_BACK',
    `${step.component} did not come back within ${step.limit / 1000} s (waited ${answer})`,
    { remedy: `See its log under /var/log/pods, and the kubelet's: journalctl -u kubelet -n 100` },
  );
}

/** null when nothing lacks. */
async function whatLacks(
  step: CycleStep,
  root: Root,
  before: Process[],
  fresh: Process | undefined,
): Promise<string | null> {
  if ((await stillRunning(root, before)).length > 0) return `for the previous ${step.component} to stop`;
  if (fresh === undefined) return `for the kubelet to start ${step.component}`;
  if (step.health === null) return null;
  const health = await askHealth(step.health, { limit: 2_000 });
  if (health.status === 200) return null;
  return `for ${step.component} to be healthy: ${step.health.path} ${health.status === null ? `does not answer (${health.detail})` : `answers ${health.detail}`}`;
}
