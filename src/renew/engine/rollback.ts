import { errorCode, explain } from '../../domain/model/errors.ts';
import type { PlanOutcome, Undo } from '../../domain/model/journal.ts';
import type { Step } from '../../domain/model/plan.ts';
import { backupOf, isLeftAtOnce, restartOf } from '../../domain/plan/plan-parts.ts';
import { actorOf } from '../steps/actor.ts';
import { authoritiesOfOthers } from '../undo/guard.ts';
import { repairPairs } from '../undo/repair-pairs.ts';
import { type UndoContext, undoActorOf } from '../undo/undos.ts';
import { hasOtherAuthorities, newOnesStay } from './keep.ts';
import {
  end,
  interrupted,
  type PlanError,
  type Run,
  report,
  stepContext,
  tryToNote,
  undoKey,
  unlessStopped,
} from './plan-run.ts';
import { isStoppedByPlan, otherAtWork, preconditionLost } from './precondition.ts';
import type { RenewContext } from './renew-context.ts';

/** The result of an undo: what failed, what was left because somebody else had changed it, and what stopped it. */
type Undone = { problems: string[]; left: Set<string>; stopped: PlanError | null };

/**
 * After a step failed: the old certificates come back and the components load them ("rolled-back" means that every file is
 * as it was); where the old ones are useless, the new ones stay and the components load those. What somebody else has
 * changed meanwhile stays as it is and is reported; while another program changes the node, or after a change of the CA,
 * nothing is put back. An undo that fails is reported in the outcome's error, and the others go on. It can be called again
 * after a kill at any moment. Throws CertagentError INTERRUPTED as `execute` does.
 */
export async function rollBack(run: Run, cause: PlanError, context: RenewContext): Promise<PlanOutcome> {
  const undone: Undone = { problems: [], left: new Set(), stopped: null };
  const lost = await otherAtWork(run, run.plan.steps[Math.max(0, ...run.undos.keys())]!, context);
  if (lost !== null) return leaveAsIs(run, stoppedBy(cause, preconditionLost(run, lost, 'the undo')), context);
  const authorities = await authoritiesOfOthers(context.root, run);
  if (authorities.length > 0) return leaveAsIs(run, changedSince(run, cause, authorities, true), context);
  await undoAllFiles(run, ['return-manifest'], undone, context);
  if (!run.restoring && (await newOnesStay(run, context))) {
    // What another CA has signed is not mended by what the previous one had.
    if (!(await hasOtherAuthorities(run, context))) await repair(run, undone, context);
    await loadAll(
      run,
      ({ kind }, index) => kind === 'stop-unit' || (kind !== 'restart-unit' && !run.done.has(index)),
      undone,
      context,
    );
    return end(run, { result: 'failed', keptNew: true, error: errorOf(run, cause, undone) }, context);
  }
  const files = await undoAllFiles(run, ['restore', 'restart-unit'], undone, context);
  const isWhole = undone.problems.length === 0 && undone.left.size === 0;
  // In the plan's order, not in reverse: so that each component finds the one it needs.
  await loadAll(run, (step, index) => run.undos.has(index) || mounts(step, files, context), undone, context);
  const result = isWhole && undone.stopped === null ? 'rolled-back' : 'failed';
  return end(run, { result, error: errorOf(run, cause, undone) }, context);
}

async function repair(run: Run, undone: Undone, { root }: RenewContext): Promise<void> {
  await repairPairs(root, run).then(
    ({ left }) => left.forEach((path) => void undone.left.add(path)),
    (error: unknown) => undone.problems.push(explain(error)),
  );
}

/** When somebody else changes the node: nothing is put back, except a manifest that is moved out, and a unit is started again. */
export async function leaveAsIs(run: Run, cause: PlanError, context: RenewContext): Promise<PlanOutcome> {
  const undone: Undone = { problems: [], left: new Set(), stopped: null };
  await undoAllFiles(run, ['return-manifest'], undone, context);
  const { stillHolds: _notAsked, ...alone } = context;
  if (isStoppedByPlan(run)) await loadAll(run, ({ kind }) => kind === 'stop-unit', undone, alone);
  return end(run, { result: 'failed', error: withProblems(cause, undone.problems) }, context);
}

/** The last step first. Returns the paths that were put back. */
async function undoAllFiles(
  run: Run,
  kinds: Undo['kind'][],
  undone: Undone,
  context: RenewContext,
): Promise<Set<string>> {
  const changed = new Set<string>();
  for (const [step, registered] of [...run.undos].sort(([a], [b]) => b - a)) {
    if (!kinds.includes(registered.kind)) continue;
    const where = undoContext(run, step, context);
    const part = await Promise.resolve(undoActorOf(registered).filePart(registered, where.context)).catch(
      (error: unknown) => {
        undone.problems.push(explain(error));
        return null;
      },
    );
    if (part === null) continue;
    if (run.undone.has(undoKey(step, part))) {
      // Done before a kill: what it changed is unknown, so all of it counts.
      if (part.kind === 'restore') for (const path of part.files) changed.add(path);
      continue;
    }
    await undoOne(run, step, part, undone, context, async () => {
      const done = await undoActorOf(part).putBack(part, where);
      for (const path of done.changed) changed.add(path);
      for (const path of done.left) undone.left.add(path);
      const detail = part.kind === 'restore' ? `${done.changed.length} files put back` : 'the manifest is in its place';
      return { detail, left: done.left };
    });
  }
  return changed;
}

async function loadAll(
  run: Run,
  wanted: (step: Step, index: number) => boolean,
  undone: Undone,
  context: RenewContext,
): Promise<void> {
  for (const [index, step] of run.plan.steps.entries()) {
    const part = actorOf(context.actors, step).reload?.(step, run.undos.get(index)) ?? null;
    if (part === null || !wanted(step, index) || run.undone.has(undoKey(index, part))) continue;
    const mustStart = step.kind === 'stop-unit' && isStoppedByPlan(run);
    if (context.signal?.aborted === true && !mustStart) throw interrupted(run.plan);
    const lost = await otherAtWork(run, step, context);
    if (lost !== null) {
      undone.stopped = preconditionLost(run, lost, `the undo before step ${index + 1}`);
      return;
    }
    const where = undoContext(run, index, context);
    const loaded = () => {
      const loading = undoActorOf(part).load(part, where);
      return isLeftAtOnce(step) ? unlessStopped(loading, run.plan, context) : loading;
    };
    await undoOne(run, index, part, undone, context, async () => ({
      detail: await loaded(),
      left: [],
    }));
  }
}

function undoContext(run: Run, index: number, context: RenewContext): UndoContext {
  const step = run.plan.steps[index]!;
  // An undo is finished, unless it is left as a whole.
  return {
    step,
    context: { ...stepContext(run, index, context), signal: undefined },
    traces: run,
    actors: context.actors,
  };
}

/**
 * A kubeconfig of a component is a file mount: the container sees the inode it started with, not the one that was put
 * back, so it must be created again even when the plan had not reached it.
 */
function mounts(step: Step, files: Set<string>, { root }: RenewContext): boolean {
  const restart = step.kind === 'cycle' ? restartOf(step) : null;
  return [...files].some(
    (path) =>
      path.endsWith('.conf') && restart?.processArguments.some((argument) => argument.endsWith(`=${root.at(path)}`)),
  );
}

async function undoOne(
  run: Run,
  step: number,
  part: Undo,
  undone: Undone,
  context: RenewContext,
  doIt: () => Promise<{ detail: string; left: string[] }>,
): Promise<void> {
  const planId = run.plan.id;
  await tryToNote({ at: context.now(), type: 'undo-started', planId, step, undo: part }, context);
  report(run, step, 'undoing', '', context);
  let error: { code: string; message: string } | null = null;
  try {
    const { detail, left } = await doIt();
    // After a kill, what was left is checked and reported again.
    if (left.length > 0) error = { code: 'CHANGED_SINCE', message: `left as they are: ${left.join(', ')}` };
    else run.undone.add(undoKey(step, part));
    report(run, step, 'undone', detail, context);
  } catch (thrown) {
    if (errorCode(thrown) === 'INTERRUPTED') throw thrown;
    error = { code: 'UNDO_FAILED', message: explain(thrown) };
    undone.problems.push(error.message);
    report(run, step, 'failed', error.message, context);
  }
  await tryToNote({ at: context.now(), type: 'undo-done', planId, step, error }, context);
}

function errorOf(run: Run, cause: PlanError, { problems, left, stopped }: Undone): PlanError {
  const error = left.size === 0 ? cause : changedSince(run, cause, [...left].sort(), false);
  return withProblems(stopped === null ? error : stoppedBy(error, stopped), problems);
}

function stoppedBy(cause: PlanError, stopped: PlanError): PlanError {
  return { ...stopped, message: `${cause.message}; then ${stopped.message}` };
}

/** Names each file that was left. */
function changedSince({ plan }: Run, cause: PlanError, paths: string[], nothing: boolean): PlanError {
  const what = nothing ? 'nothing was put back' : 'these were left as they are, everything else was put back';
  return {
    code: 'CHANGED_SINCE',
    message: `${cause.message}, and somebody has changed ${paths.join(', ')} since: ${what}`,
    remedy: `See whether the node is as you want it (certagent status). What it held before the renewal is in ${backupOf(plan)}.`,
  };
}

function withProblems(cause: PlanError, problems: string[]): PlanError {
  if (problems.length === 0) return cause;
  // An interruption that was not undone in full is a failure: the next try waits.
  const code = cause.code === 'INTERRUPTED' ? 'UNDO_FAILED' : cause.code;
  return { ...cause, code, message: `${cause.message}; afterwards: ${problems.join('; ')}` };
}
