import type { JournalRecord, PlanOutcome } from '../../domain/model/journal.ts';
import type { Step } from '../../domain/model/plan.ts';
import { isForFailure } from '../../domain/plan/plan-parts.ts';
import { actorOf, NOTHING } from '../steps/actor.ts';
import { newRun, planError, type Run, report, stepContext, tryToNote } from './plan-run.ts';
import type { RenewContext } from './renew-context.ts';

type Failure = Pick<PlanOutcome, 'result' | 'keptNew' | 'error'>;

/**
 * The outcome of a plan, after what follows its failure: hooks. Its end is in the journal before, so that a hook that hangs,
 * or ends certagent, leaves no renewal unfinished. A hook that fails is reported, and changes nothing else.
 */
export async function afterFailure(run: Run, outcome: PlanOutcome, context: RenewContext): Promise<PlanOutcome> {
  if (outcome.result === 'succeeded') return outcome;
  const failed = await followUp(run, outcome, context);
  return failed.length === 0 ? outcome : { ...outcome, reported: [...(outcome.reported ?? []), ...failed] };
}

/** What a killed agent still owed to the last plan, which had failed: hooks that it had not run to their end. */
export async function payDebts(records: JournalRecord[], context: RenewContext): Promise<void> {
  const owed = owedRun(records);
  if (owed !== null) await followUp(owed.run, owed.failure, context);
}

function owedRun(records: JournalRecord[]): { run: Run; failure: Failure } | null {
  let run: Run | null = null;
  let failure: Failure | null = null;
  for (const record of records) {
    if (record.type === 'plan-started') {
      run = newRun(record.plan);
      failure = null;
    } else if (record.type === 'unknown') run = null;
    else if (run === null) continue;
    else if (record.type === 'step-started') run.undos.set(record.step, record.undo);
    else if (record.type === 'step-done' || record.type === 'step-failed') run.done.add(record.step);
    else if (record.type === 'plan-ended' && record.result !== 'succeeded') {
      const error = record.error === null ? null : { ...record.error, remedy: null };
      failure = { result: record.result, keptNew: record.granted.length > 0, error };
    }
  }
  return run === null || failure === null ? null : { run, failure };
}

async function followUp(
  run: Run,
  failure: Failure,
  context: RenewContext,
): Promise<{ code: string; message: string }[]> {
  const failed: { code: string; message: string }[] = [];
  for (const [index, step] of run.plan.steps.entries()) {
    if (!isForFailure(step) || run.done.has(index)) continue;
    // Owed to the next start.
    if (context.signal?.aborted === true) break;
    const error = await actOn(run, index, step, failure, context);
    if (error !== null) failed.push(error);
  }
  return failed;
}

async function actOn(
  run: Run,
  index: number,
  step: Step,
  { result, keptNew, error: cause }: Failure,
  context: RenewContext,
): Promise<{ code: string; message: string } | null> {
  const { now } = context;
  const of = { planId: run.plan.id, step: index };
  const forStep = {
    ...stepContext(run, index, context),
    resumed: run.undos.has(index),
    failure: {
      result: keptNew ? 'kept-new' : result,
      code: cause?.code ?? 'UNKNOWN',
      message: cause?.message ?? '',
    },
  };
  await tryToNote({ at: now(), type: 'step-started', ...of, undo: NOTHING }, context);
  report(run, index, 'started', '', context);
  try {
    const detail = await actorOf(context.actors, step).act(step, forStep);
    await tryToNote({ at: now(), type: 'step-done', ...of, detail }, context);
    report(run, index, 'done', detail, context);
    return null;
  } catch (thrown) {
    const { code, message } = planError(thrown);
    await tryToNote({ at: now(), type: 'step-failed', ...of, error: { code, message }, goesOn: true }, context);
    report(run, index, 'failed', message, context);
    return { code, message };
  }
}
