import { CertagentError, type ErrorCode, explain } from '../../domain/model/errors.ts';
import type { StepOf } from '../../domain/plan/steps/step-rules.ts';
import { formatDuration } from '../../domain/time/duration.ts';
import type { Root } from '../../host/root.ts';
import { list, nodePath, number, object, tag, text } from '../../host/shape.ts';
import { isAway } from '../in-place/away.ts';
import { type ApiAccess, apiAccess } from '../in-place/client-counts.ts';
import { leaseProblem } from '../in-place/kubelet-problem.ts';
import { askWhoItIs } from '../in-place/who-it-is.ts';
import { writtenAt } from '../in-place/written-at.ts';
import { stopwatch, until } from '../wait.ts';
import { neverDone, noFiles, noUndo, type StepActor, type StepContext } from './actor.ts';

type AwaitKubeletStep = StepOf<'await-kubelet'>;

export const awaitKubelet: StepActor<AwaitKubeletStep> = {
  schema: object({
    kind: tag('await-kubelet'),
    kubeconfig: nodePath,
    replaced: list(nodePath),
    node: text,
    patience: number,
    limit: number,
  }),
  writes: noFiles,
  undo: noUndo,
  isDone: neverDone,
  act,
};

const INTERVALS = 20;
const ASK_LIMIT = 10_000;

type Waits = { code: Extract<ErrorCode, 'SUPERVISOR_AWAY' | 'CLIENTS_UNSEEN'>; text: string };

/** Throws CertagentError SUPERVISOR_AWAY or CLIENTS_UNSEEN. */
async function act(step: AwaitKubeletStep, context: StepContext): Promise<string> {
  const { root, now, resumed, pollInterval, waiting, signal } = context;
  const elapsed = stopwatch();
  // A step that goes on after a stop of certagent does not wait for all of it again.
  const passed = resumed === true ? now() - (await writtenAt(root, step.replaced)) : 0;
  const patience = step.patience - Math.min(Math.max(passed, 0), step.patience);
  const startedAt = performance.now();
  let last: Waits = { code: 'CLIENTS_UNSEEN', text: 'nothing was asked' };
  const answer = await until(
    async () => {
      const left = patience - (performance.now() - startedAt);
      const waits =
        left > 0
          ? unseen(`until every client has looked for new certificates, ${formatDuration(left)} more`)
          : await look(root, step, now());
      if (waits === null) return {};
      last = waits;
      return waits.text;
    },
    { limit: step.limit, interval: pollInterval * INTERVALS, waiting, signal },
  );
  if (typeof answer !== 'string') return `the kubelet renews the Lease of ${step.node} after ${elapsed()}`;
  throw new CertagentError(last.code, `waited ${formatDuration(step.limit)} in vain ${last.text}`);
}

/** null: it works. */
async function look(root: Root, { kubeconfig, node }: AwaitKubeletStep, now: number): Promise<Waits | null> {
  let access: ApiAccess;
  try {
    access = await apiAccess(root, kubeconfig, null);
  } catch (error) {
    return unseen(`for credentials in ${kubeconfig}: ${explain(error)}`);
  }
  const known = await askWhoItIs(access, ASK_LIMIT);
  if (isAway(known))
    return { code: 'SUPERVISOR_AWAY', text: `for the API server: ${known.problem ?? `HTTP ${known.status}`}` };
  const problem = await leaseProblem(access, { node, now });
  return problem === null ? null : unseen(problem);
}

const unseen = (text: string): Waits => ({ code: 'CLIENTS_UNSEEN', text });
