import { explain } from '../../domain/model/errors.ts';
import type { StepOf } from '../../domain/plan/steps/step-rules.ts';
import type { Root } from '../../host/root.ts';
import { list, nodePath, number, object, tag, text } from '../../host/shape.ts';
import { inWords, isAway } from '../in-place/away.ts';
import { type ApiAccess, apiAccess } from '../in-place/client-counts.ts';
import { leaseProblem } from '../in-place/kubelet-problem.ts';
import { clientsPatience, unseen, untilProved, type Waits } from '../in-place/until-proved.ts';
import { askWhoItIs } from '../in-place/who-it-is.ts';
import { stopwatch } from '../wait.ts';
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

const ASK_LIMIT = 10_000;

/** Throws CertagentError SUPERVISOR_AWAY or CLIENTS_UNSEEN. */
async function act(step: AwaitKubeletStep, context: StepContext): Promise<string> {
  const { root, now } = context;
  const elapsed = stopwatch();
  const patience = await clientsPatience(step, context);
  await untilProved(async () => patience() ?? (await look(root, step, now())), step.limit, context);
  return `the kubelet renews the Lease of ${step.node} after ${elapsed()}`;
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
  if (isAway(known)) return { code: 'SUPERVISOR_AWAY', text: `for the API server: ${inWords(known)}` };
  const problem = await leaseProblem(access, { node, now });
  return problem === null ? null : unseen(problem);
}
