import { CertagentError } from '../../domain/model/errors.ts';
import { backupOf } from '../../domain/plan/plan-parts.ts';
import type { StepOf } from '../../domain/plan/steps/step-rules.ts';
import { flag, nodePath, number, object, optional, orNull, tag, text } from '../../host/shape.ts';
import { acceptAuthorities } from '../backup/authorities.ts';
import { lastingFiles } from '../backup/lasting-files.ts';
import { whileConnecting } from '../units/connecting.ts';
import { readyProcess } from '../units/readiness.ts';
import { withReason } from '../units/restart-or-heal.ts';
import { stopwatch, untilSteady } from '../wait.ts';
import { neverDone, noUndo, type StepActor, type StepContext } from './actor.ts';
import { health } from './step-shapes.ts';

export const awaitReady: StepActor<StepOf<'await-ready'>> = {
  schema: object({
    kind: tag('await-ready'),
    unit: text,
    health,
    kubeconfig: orNull(nodePath),
    settle: optional(number),
    writesLate: optional(flag),
    limit: number,
  }),
  /** As the restart itself, where the unit writes until it is ready. */
  writes: ({ writesLate }, { root, plan }) => (writesLate === true ? lastingFiles(root, backupOf(plan)) : []),
  undo: noUndo,
  isDone: neverDone,
  act,
};

/**
 * Waits until the unit is active and its health check answers 200 to the kubeconfig's user, and stays so for `settle`
 * milliseconds, in the same process without a restart by systemd: a k3s can end seconds after a start
 * that exited with 0 (measured). Throws CertagentError UNIT_NOT_READY, or CA_CHANGED when a late writer made new CAs.
 */
async function act(step: StepOf<'await-ready'>, context: StepContext): Promise<string> {
  const elapsed = stopwatch();
  const lacking = await whileConnecting(context, () =>
    untilSteady(() => readyProcess(step, context.root), {
      lasting: step.settle ?? 0,
      otherwise: `for ${step.unit} to stay ready`,
      limit: step.limit,
      interval: context.pollInterval,
      waiting: context.waiting,
      signal: context.signal,
    }),
  );
  // What a restart checks, where it is over before the unit has written anything.
  if (step.writesLate === true) await acceptAuthorities(context.root, context.plan);
  if (lacking === null) return `ready after ${elapsed()}`;
  const error = new CertagentError(
    'UNIT_NOT_READY',
    `${step.unit} was not ready within ${step.limit / 1000} s (waited ${lacking})`,
    { remedy: `See why: journalctl -u ${step.unit} -n 50` },
  );
  throw await withReason(context.root, step.unit, error);
}
