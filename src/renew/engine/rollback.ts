import { explain } from '../../domain/model/errors.ts';
import type { PlanOutcome, Undo } from '../../domain/model/journal.ts';
import type { CycleStep, Step } from '../../domain/model/plan.ts';
import { repairPairs } from '../steps/repair.ts';
import { newOnesStay } from './keep.ts';
import { end, interrupted, type PlanError, type Run, stepContext, tell, tryToNote, undoKey } from './run-step.ts';
import type { RenewContext } from './step-context.ts';
import { filePart, load, loadPart, undoFiles } from './undo.ts';

/**
 * After a step failed: the old certificates come back and the components load them ("rolled-back" means that every file is
 * as it was); where the old ones are of no use, the new ones stay and the components load those. An undo that fails is
 * told in the outcome's error, and the others go on. It can be called again after a kill at any moment. Throws
 * CertagentError INTERRUPTED as `execute` does.
 */
export async function rollBack(run: Run, cause: PlanError, context: RenewContext): Promise<PlanOutcome> {
  const problems: string[] = [];
  await undoAllFiles(run, ['return-manifest'], problems, context);
  if (!run.restoring && (await newOnesStay(run, context))) {
    await repairPairs(run, context).catch((error: unknown) => problems.push(explain(error)));
    await loadAll(run, ({ kind }, index) => kind !== 'restart-unit' && !run.done.has(index), problems, context);
    return end(run, { result: 'failed', keptNew: true, error: withProblems(cause, problems) }, context);
  }
  const files = await undoAllFiles(run, ['restore', 'restart-unit'], problems, context);
  const result = problems.length === 0 ? 'rolled-back' : 'failed';
  // In the plan's order, not in reverse: so that each component finds the one it needs.
  await loadAll(run, (step, index) => run.undos.has(index) || mounts(step, files, context), problems, context);
  return end(run, { result, error: withProblems(cause, problems) }, context);
}

/** Where somebody else has taken the node on since: but for a manifest that is out, nothing is put back. */
export async function leaveAsIs(run: Run, cause: PlanError, context: RenewContext): Promise<PlanOutcome> {
  const problems: string[] = [];
  await undoAllFiles(run, ['return-manifest'], problems, context);
  return end(run, { result: 'failed', error: withProblems(cause, problems) }, context);
}

/** The last step first. Returns the paths that were put back. */
async function undoAllFiles(
  run: Run,
  kinds: Undo['kind'][],
  problems: string[],
  context: RenewContext,
): Promise<Set<string>> {
  const changed = new Set<string>();
  for (const [step, registered] of [...run.undos].sort(([a], [b]) => b - a)) {
    if (!kinds.includes(registered.kind)) continue;
    const forStep = stepContext(run, step, context);
    const part = await filePart(registered, forStep).catch((error: unknown) => {
      problems.push(explain(error));
      return null;
    });
    if (part === null) continue;
    if (run.undone.has(undoKey(step, part))) {
      // Done before a kill: what it changed is not known any more, so all of it counts.
      if (part.kind === 'restore') for (const path of part.files) changed.add(path);
      continue;
    }
    await undoOne(run, step, part, problems, context, async () => {
      const paths = await undoFiles(part, forStep);
      for (const path of paths) changed.add(path);
      return part.kind === 'restore' ? `${paths.length} files put back` : 'the manifest is in its place';
    });
  }
  return changed;
}

async function loadAll(
  run: Run,
  wanted: (step: Step, index: number) => boolean,
  problems: string[],
  context: RenewContext,
): Promise<void> {
  for (const [index, step] of run.plan.steps.entries()) {
    const part = loadPart(step, run.undos.get(index));
    if (part === null || !wanted(step, index) || run.undone.has(undoKey(index, part))) continue;
    if (context.signal?.aborted === true) throw interrupted(run.plan);
    await undoOne(run, index, part, problems, context, () => load(part, step, stepContext(run, index, context)));
  }
}

/**
 * A kubeconfig of a component is a file mount: the container sees the inode it started with, not the one that was put
 * back, so it has to be made anew even when the plan had not come to it.
 */
function mounts(step: Step, files: Set<string>, { root }: RenewContext): boolean {
  const cycle: CycleStep | null = step.kind === 'cycle' ? step : null;
  return [...files].some(
    (path) =>
      path.endsWith('.conf') && cycle?.processArguments.some((argument) => argument.endsWith(`=${root.at(path)}`)),
  );
}

async function undoOne(
  run: Run,
  step: number,
  part: Undo,
  problems: string[],
  context: RenewContext,
  doIt: () => Promise<string>,
): Promise<void> {
  const planId = run.plan.id;
  await tryToNote({ at: context.now(), type: 'undo-started', planId, step, undo: part }, context);
  tell(run, step, 'undoing', '', context);
  let error: { code: string; message: string } | null = null;
  try {
    const detail = await doIt();
    run.undone.add(undoKey(step, part));
    tell(run, step, 'undone', detail, context);
  } catch (thrown) {
    error = { code: 'UNDO_FAILED', message: explain(thrown) };
    problems.push(error.message);
    tell(run, step, 'failed', error.message, context);
  }
  await tryToNote({ at: context.now(), type: 'undo-done', planId, step, error }, context);
}

function withProblems(cause: PlanError, problems: string[]): PlanError {
  if (problems.length === 0) return cause;
  return { ...cause, message: `${cause.message}; afterwards: ${problems.join('; ')}` };
}
