import { CertagentError } from '../../domain/model/errors.ts';
import type { StepOf } from '../../domain/plan/steps/step-rules.ts';
import { nodePath, number, object, orNull, tag, text } from '../../host/shape.ts';
import { whileConnecting } from '../units/connecting.ts';
import { lacksReadiness } from '../units/readiness.ts';
import { stopwatch, until } from '../wait.ts';
import { neverDone, noFiles, noUndo, type StepActor, type StepContext } from './actor.ts';
import { health } from './step-shapes.ts';

export const awaitReady: StepActor<StepOf<'await-ready'>> = {
  schema: object({ kind: tag('await-ready'), unit: text, health, kubeconfig: orNull(nodePath), limit: number }),
  writes: noFiles,
  undo: noUndo,
  isDone: neverDone,
  act,
};

/**
 * Waits until the unit is active and its health check answers 200 to the kubeconfig's user, twice in a row. Throws
 * CertagentError UNIT_NOT_READY.
 */
async function act(step: StepOf<'await-ready'>, context: StepContext): Promise<string> {
  const elapsed = stopwatch();
  let good = 0;
  const answer = await whileConnecting(context, () =>
    until(
      async () => {
        const lacking = await lacksReadiness(step, context.root);
        good = lacking === null ? good + 1 : 0;
        return good >= 2 ? {} : (lacking ?? `for ${step.unit} to stay ready`);
      },
      { limit: step.limit, interval: context.pollInterval, waiting: context.waiting },
    ),
  );
  if (typeof answer !== 'string') return `ready after ${elapsed()}`;
  throw new CertagentError(
    'UNIT_NOT_READY',
    `${step.unit} was not ready within ${step.limit / 1000} s (waited ${answer})`,
    { remedy: `See why: journalctl -u ${step.unit} -n 50` },
  );
}
