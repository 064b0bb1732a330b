import type { PlanOutcome } from '../../domain/model/journal.ts';
import type { RenewalPlan, Step } from '../../domain/model/plan.ts';
import { act, undoOf } from '../steps/act.ts';
import { rollBack } from './rollback.ts';
import { end, hasWritten, interrupted, newRun, planError, type Run, stepContext, tell } from './run-step.ts';
import type { RenewContext } from './step-context.ts';

export type { RenewContext } from './step-context.ts';

/**
 * Carries a plan out, step by step. Each step is in the journal, with what undoes it, before it acts. A step that fails
 * after certificates were touched has everything undone (or, where the old certificates are of no use, the new ones kept):
 * that is an outcome, not an error. Throws CertagentError INTERRUPTED when `context.signal` was aborted: the plan is
 * unfinished in the journal and `recover` goes on with it; or the journal's error when the plan could not be begun.
 */
export async function execute(
  plan: RenewalPlan,
  trigger: 'schedule' | 'manual',
  context: RenewContext,
): Promise<PlanOutcome> {
  await context.journal.append({ at: context.now(), type: 'plan-started', plan, trigger });
  return carryOn(newRun(plan), context);
}

/** Does the steps that are not done yet, to the end of the plan or to the first that fails. */
export async function carryOn(run: Run, context: RenewContext): Promise<PlanOutcome> {
  for (const [index, step] of run.plan.steps.entries()) {
    if (run.done.has(index)) continue;
    if (context.signal?.aborted === true) throw interrupted(run.plan);
    try {
      await carryOutStep(run, index, step, context);
    } catch (error) {
      return failed(run, index, error, context);
    }
  }
  return end(run, { result: 'succeeded', error: null }, context);
}

async function carryOutStep(run: Run, index: number, step: Step, context: RenewContext): Promise<void> {
  const { journal, now } = context;
  const forStep = stepContext(run, index, context);
  const undo = await undoOf(step, forStep);
  await journal.append({ at: now(), type: 'step-started', planId: run.plan.id, step: index, undo });
  run.undos.set(index, undo);
  tell(run, index, 'started', '', context);
  const detail = await act(step, forStep);
  await journal.append({ at: now(), type: 'step-done', planId: run.plan.id, step: index, detail });
  run.done.add(index);
  tell(run, index, 'done', detail, context);
}

async function failed(run: Run, index: number, error: unknown, context: RenewContext): Promise<PlanOutcome> {
  const cause = planError(error);
  const { code, message } = cause;
  tell(run, index, 'failed', message, context);
  await context.journal
    .append({ at: context.now(), type: 'step-failed', planId: run.plan.id, step: index, error: { code, message } })
    .catch(() => {});
  if (!hasWritten(run)) return end(run, { result: 'failed', error: cause }, context);
  return rollBack(run, cause, context);
}
