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

/** The newest process of the pod `name` that is none of `before`, once those have exited; else a text: what is waited for. */
export async function successorOf(
  before: Process[],
  { root, name, find }: { root: Root; name: string; find: () => Promise<Process[]> },
): Promise<Process | string> {
  if ((await stillRunning(root, before)).length > 0) return `for the previous ${name} to stop`;
  const previous = before.map(processName);
  return (await find()).findLast((one) => !previous.includes(processName(one))) ?? `for the kubelet to start ${name}`;
}

/** Another process of the same number has another name. */
export const processName = ({ pid, startedAt }: Process): string => `${pid} ${startedAt}`;
