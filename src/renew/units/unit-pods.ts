import { stat } from 'node:fs/promises';
import type { AwaitedPod } from '../../domain/plan/steps/await-pods.ts';
import { findPodProcesses } from '../../host/pod-processes.ts';
import { beganAt } from '../../host/processes.ts';
import type { Root } from '../../host/root.ts';
import type { StepContext } from '../steps/actor.ts';
import { until } from '../wait.ts';

/** The start of a process is known to a hundredth of a second, but the clock may have been set by a little since. */
const TOLERANCE = 2_000;

/** Of these static pods, those that do not yet run a process which began after its files were written; null: none. */
export async function podsToReplace(root: Root, pods: AwaitedPod[]): Promise<string | null> {
  const replaced = await Promise.all(pods.map((pod) => isReplaced(root, pod)));
  const left = pods.filter((_, index) => !replaced[index]).map(({ component }) => component);
  if (left.length === 0) return null;
  return `for new processes of ${left.join(', ')} (${pods.length - left.length} of ${pods.length} run)`;
}

/** Reports which static pods the unit has replaced so far: its start can take half an hour. */
export async function whileReporting<T>(context: StepContext, doIt: () => Promise<T>): Promise<T> {
  const pods = context.plan.steps.flatMap((step) => (step.kind === 'await-pods' ? step.pods : []));
  if (pods.length === 0) return doIt();
  const done = new AbortController();
  const reporting = until(
    async () => (done.signal.aborted ? {} : ((await podsToReplace(context.root, pods)) ?? 'for the unit to be ready')),
    {
      limit: Number.POSITIVE_INFINITY,
      interval: context.pollInterval * 4,
      waiting: context.waiting,
      signal: done.signal,
    },
  );
  try {
    return await doIt();
  } finally {
    done.abort();
    await reporting;
  }
}

async function isReplaced(root: Root, { component, processArguments, pod, loads }: AwaitedPod): Promise<boolean> {
  const wanted = { program: component, arguments: processArguments, pod };
  const process = (await findPodProcesses(root, wanted).catch(() => [])).at(-1);
  const written = await Promise.all(
    loads.map((path) =>
      stat(root.at(path)).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    ),
  );
  return process !== undefined && beganAt(process) + TOLERANCE > Math.max(...written);
}
