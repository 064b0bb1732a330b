import { CertagentError } from '../../domain/model/errors.ts';
import type { StepOf } from '../../domain/plan/steps/step-rules.ts';
import { list, nodePath, number, object, tag, text, wordOf } from '../../host/shape.ts';
import { podsToReplace } from '../units/unit-pods.ts';
import { stopwatch, until } from '../wait.ts';
import { neverDone, noFiles, noUndo, type StepActor, type StepContext } from './actor.ts';
import { COMPONENTS, podIdentity } from './step-shapes.ts';

export const awaitPods: StepActor<StepOf<'await-pods'>> = {
  schema: object({
    kind: tag('await-pods'),
    unit: text,
    pods: list(
      object({
        component: wordOf(COMPONENTS),
        processArguments: list(text),
        pod: podIdentity,
        loads: list(nodePath),
      }),
    ),
    limit: number,
  }),
  writes: noFiles,
  undo: noUndo,
  isDone: neverDone,
  act,
};

/** Throws CertagentError POD_NOT_REPLACED. */
async function act({ unit, pods, limit }: StepOf<'await-pods'>, context: StepContext): Promise<string> {
  const elapsed = stopwatch();
  const answer = await until(async () => (await podsToReplace(context.root, pods)) ?? {}, {
    limit,
    interval: context.pollInterval * 4,
    waiting: context.waiting,
    signal: context.signal,
  });
  if (typeof answer !== 'string') return `replaced after ${elapsed()}`;
  throw new CertagentError('POD_NOT_REPLACED', `waited ${limit / 1000} s in vain ${answer}`, {
    remedy: `See why: journalctl -u ${unit} -n 50. Until they restart, these programs may still use their previous certificates.`,
  });
}
