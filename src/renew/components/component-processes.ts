import type { StaticPodRestart } from '../../domain/plan/steps/static-pod-restart.ts';
import { findPodProcesses } from '../../host/pod-processes.ts';
import { isRunning, type Process, procOf } from '../../host/processes.ts';
import type { Root } from '../../host/root.ts';

/** The processes of the component that a step restarts, oldest first. */
export function componentProcesses(root: Root, step: StaticPodRestart): Promise<Process[]> {
  const { component, processArguments, pod } = step;
  return findPodProcesses(root, { program: component, arguments: processArguments, pod: pod ?? null });
}

/** Those of `processes` that still run. */
export async function stillRunning(root: Root, processes: Process[]): Promise<Process[]> {
  const running = await Promise.all(processes.map((process) => isRunning(procOf(root), process)));
  return processes.filter((_, index) => running[index]);
}

export function isSame(a: Process, b: Process): boolean {
  return a.pid === b.pid && a.startedAt === b.startedAt;
}
