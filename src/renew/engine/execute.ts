import { errorCode } from '../../domain/model/errors.ts';
import type { PlanOutcome } from '../../domain/model/journal.ts';
import type { RenewalPlan, Step } from '../../domain/model/plan.ts';
import { changesNode, failureRule, isForFailure, isLeftAtOnce } from '../../domain/plan/plan-parts.ts';
import { actorOf, NOTHING } from '../steps/actor.ts';
import { afterFailure } from './failed-hooks.ts';
import {
  end,
  hasWritten,
  interrupted,
  newRun,
  planError,
  type Run,
  rememberLeft,
  report,
  stepContext,
  unlessStopped,
} from './plan-run.ts';
import { isStoppedByPlan, lostPrecondition, preconditionLost } from './precondition.ts';
import type { RenewContext } from './renew-context.ts';
import { leaveAsIs, rollBack } from './rollback.ts';

export type { RenewContext } from './renew-context.ts';

/**
 * Carries a plan out, step by step. Each step is in the journal, with what undoes it, before it acts. A step that fails
 * after certificates were touched has everything undone (or, where the old certificates are useless, the new ones kept):
 * that is an outcome, not an error. Where a precondition is lost, nothing more is done and nothing is undone. Throws
 * CertagentError INTERRUPTED when `context.signal` was aborted: the plan is unfinished in the journal and `recover` goes on
 * with it; or the journal's error when the plan could not be begun.
 */
export async function execute(
  plan: RenewalPlan,
  trigger: 'schedule' | 'manual',
  context: RenewContext,
): Promise<PlanOutcome> {
  await context.journal.append({ at: context.now(), type: 'plan-started', plan, trigger });
  const run = newRun(plan);
  return afterFailure(run, await carryOn(run, context), context);
}

/** Does the steps that are not done yet, to the end of the plan or to the first that fails it. */
export async function carryOn(run: Run, context: RenewContext): Promise<PlanOutcome> {
  for (const [index, step] of run.plan.steps.entries()) {
    if (run.done.has(index) || isForFailure(step)) continue;
    if (!isStoppedByPlan(run)) await context.turn?.(run.plan, step);
    // Nobody would start the unit until certagent itself is started again.
    if (context.signal?.aborted === true && !isStoppedByPlan(run)) throw interrupted(run.plan);
    const lost = await lostPrecondition(run, step, context);
    // Where nothing is changed the answer does not count; but whoever is asked sees what the plan itself has changed.
    if (lost !== null && changesNode(step))
      return leaveAsIs(run, preconditionLost(run, lost, `before step ${index + 1}`), context);
    try {
      await carryOutStep(run, index, step, context);
    } catch (error) {
      if (errorCode(error) === 'INTERRUPTED') throw error;
      const goesOn = (context.failureRule ?? failureRule)(step) === 'continue';
      await noteFailure(run, index, step, error, goesOn, context);
      if (!goesOn) return failed(run, error, context);
    }
  }
  return end(run, { result: 'succeeded', error: null }, context);
}

async function carryOutStep(run: Run, index: number, step: Step, context: RenewContext): Promise<void> {
  const { journal, now } = context;
  const actor = actorOf(context.actors, step);
  const forStep = { ...stepContext(run, index, context), resumed: run.undos.has(index) };
  const already = await actor.isDone(step, forStep);
  // Done before its first attempt: somebody else did it, so certagent does not undo it.
  const isOfOthers = already !== null && !run.undos.has(index);
  const undo = isOfOthers ? NOTHING : await actor.undo(step, forStep);
  await journal.append({ at: now(), type: 'step-started', planId: run.plan.id, step: index, undo });
  run.undos.set(index, undo);
  report(run, index, 'started', '', context);
  const detail = already ?? (await actOn());
  const left = isOfOthers ? {} : await rememberLeft(run, index, step, context);
  await journal.append({ at: now(), type: 'step-done', planId: run.plan.id, step: index, detail, ...left });
  run.done.add(index);
  report(run, index, 'done', detail, context);

  function actOn(): Promise<string> {
    const acting = actor.act(step, forStep);
    return isLeftAtOnce(step) ? unlessStopped(acting, run.plan, context) : acting;
  }
}

async function noteFailure(
  run: Run,
  index: number,
  step: Step,
  thrown: unknown,
  goesOn: boolean,
  context: RenewContext,
): Promise<void> {
  const { code, message } = planError(thrown);
  const error = { code, message };
  const left = await rememberLeft(run, index, step, context);
  report(run, index, 'failed', message, context);
  if (goesOn) {
    run.done.add(index);
    run.reported.push(error);
  }
  const more = { ...(goesOn ? { goesOn: true as const } : {}), ...left };
  await context.journal
    .append({ at: context.now(), type: 'step-failed', planId: run.plan.id, step: index, error, ...more })
    .catch(() => {});
}

async function failed(run: Run, error: unknown, context: RenewContext): Promise<PlanOutcome> {
  const cause = planError(error);
  if (!hasWritten(run)) return end(run, { result: 'failed', error: cause }, context);
  return rollBack(run, cause, context);
}
