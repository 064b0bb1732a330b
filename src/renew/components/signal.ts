import { isDeepStrictEqual } from 'node:util';
import { errorCode } from '../../domain/model/errors.ts';
import type { StaticPodRestart } from '../../domain/plan/steps/static-pod-restart.ts';
import { MIN_AGE } from '../../domain/plan/steps/static-pod-restart.ts';
import { askHealth } from '../../host/http.ts';
import { beganAt, type Process, procOf, readProcess } from '../../host/processes.ts';
import { Root } from '../../host/root.ts';
import type { StepContext } from '../steps/actor.ts';
import { until } from '../wait.ts';
import { stillRunning } from './component-processes.ts';

/**
 * Ends a component's processes, so that the kubelet restarts their container at once. False where that would not work: no
 * process runs, one is so young that the kubelet's back-off would delay its next start, the kubelet hangs, or certagent may
 * not signal one. Never signals a process that is not exactly the one it was given.
 */
export async function endBySignal(
  step: StaticPodRestart,
  processes: Process[],
  context: StepContext,
): Promise<boolean> {
  if (processes.length === 0 || processes.some((process) => isYoung(process))) return false;
  if (step.kubelet !== undefined && (await askHealth(step.kubelet, { limit: 5_000 })).status !== 200) return false;
  for (const process of processes) {
    const isSent = await send(context.root, process, 'SIGTERM');
    if (!isSent) return false;
  }
  if (step.killAfter === undefined) return true;
  await until(
    async () => {
      const left = await stillRunning(context.root, processes);
      return left.length === 0 ? {} : `for ${step.component} to stop`;
    },
    { limit: step.killAfter, interval: context.pollInterval, waiting: context.waiting },
  );
  for (const process of await stillRunning(context.root, processes)) await send(context.root, process, 'SIGKILL');
  return true;
}

function isYoung(process: Process): boolean {
  return Date.now() - beganAt(process) < MIN_AGE;
}

/** True also when it has just exited by itself. */
async function send(root: Root, process: Process, signal: 'SIGTERM' | 'SIGKILL'): Promise<boolean> {
  const now = await readProcess(procOf(root), process.pid);
  if (now === null) return true;
  if (!isDeepStrictEqual(now, process)) return false;
  // The processes that a node image shows need not be this machine's.
  const here = root.isMachine ? now : await readProcess(procOf(new Root('/')), process.pid);
  if (!isDeepStrictEqual(here?.argv, process.argv)) return false;
  try {
    globalThis.process.kill(process.pid, signal);
    return true;
  } catch (error) {
    return errorCode(error) === 'ESRCH';
  }
}
