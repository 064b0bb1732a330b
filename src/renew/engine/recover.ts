import { KUBEADM } from '../../domain/distributions/names.ts';
import type { JournalRecord, PlanOutcome } from '../../domain/model/journal.ts';
import { findProcesses } from '../../host/processes.ts';
import { changedAuthorities } from '../backup/authorities.ts';
import { repairPairs } from '../steps/repair.ts';
import { areSound, renewedCertificate } from '../steps/verify.ts';
import { carryOn } from './execute.ts';
import { removeLeftovers } from './leftover-manifests.ts';
import { changedByOthers, wasOvertaken } from './other-components.ts';
import { leaveAsIs, rollBack } from './rollback.ts';
import { end, expectations, hasWritten, newRun, type PlanError, type Run, stepContext, undoKey } from './run-step.ts';
import { backupOf, type RenewContext } from './step-context.ts';
import { until } from './wait.ts';

/**
 * Finishes or undoes the plan that a killed agent left unfinished; null when there is none. An undo that was begun is
 * finished. Else it goes on where every certificate is renewed (or the old ones are of no use), and undoes otherwise, but
 * puts nothing back over what somebody has changed since.
 * Throws CertagentError INTERRUPTED as `execute` does, or the journal's errors.
 */
export async function recover(context: RenewContext): Promise<PlanOutcome | null> {
  const records = await context.journal.records();
  const unfinished = unfinishedRun(records);
  if (unfinished === null) return null;
  const { run, failure } = unfinished;
  const cause = failure ?? wasEnded(run);
  await awaitOrphan(run, context);
  await removeLeftovers(context.root, run.plan);
  if (!hasWritten(run)) return end(run, { result: 'failed', error: cause }, context);
  // What cannot be looked at (a backup that is gone) is undone as far as that goes, and told.
  if (failure === null && (await shouldGoOn(run, context).catch(() => false))) return carryOn(run, context);
  const changed = await changedByOthers(run, records.at(-1)!, context);
  if (changed.length > 0) return leaveAsIs(run, wasOvertaken(run, cause, changed), context);
  return rollBack(run, cause, context);
}

/** The last plan, where it has no end: what the journal knows of it. `failure` is null when it was neither failing nor being undone. */
export function unfinishedRun(records: JournalRecord[]): { run: Run; failure: PlanError | null } | null {
  let run: Run | null = null;
  let failure: PlanError | null = null;
  let undoing = '';
  for (const record of records) {
    if (record.type === 'plan-started') {
      run = newRun(record.plan);
      failure = null;
    }
    if (run === null) continue;
    switch (record.type) {
      case 'plan-ended':
        run = null;
        break;
      case 'step-started':
        run.undos.set(record.step, record.undo);
        break;
      case 'step-done':
        run.done.add(record.step);
        break;
      case 'step-failed':
        failure = { ...record.error, remedy: null };
        break;
      case 'undo-started':
        undoing = undoKey(record.step, record.undo);
        failure ??= wasEnded(run);
        if (record.undo.kind === 'restore') run.restoring = true;
        break;
      case 'undo-done':
        if (record.error === null) run.undone.add(undoing);
        break;
    }
  }
  return run === null ? null : { run, failure };
}

async function shouldGoOn(run: Run, context: RenewContext): Promise<boolean> {
  const { plan } = run;
  const { root } = context;
  if (plan.steps.some(({ kind }) => kind === 'restart-unit')) return restartIsSafe(run, context);
  if (plan.oldExpired) {
    await repairPairs(run, context);
    return true;
  }
  for (const expect of expectations(plan)) if ((await renewedCertificate(root, expect)) === null) return false;
  return true;
}

/** A restart can be done once more, unless it made new CAs, or a power loss left a certificate that K3s does not heal. */
async function restartIsSafe({ plan }: Run, { root }: RenewContext): Promise<boolean> {
  const backup = backupOf(plan);
  if (backup !== null && (await changedAuthorities(root, backup)).length > 0) return false;
  return areSound(root, expectations(plan));
}

/** The kubeadm of a killed agent goes on writing by itself: its end is waited for before the files are looked at. */
async function awaitOrphan(run: Run, context: RenewContext): Promise<void> {
  const step = run.plan.steps.findIndex((each, index) => each.kind === 'kubeadm-renew' && !run.done.has(index));
  const renew = run.plan.steps[step];
  if (!context.root.isMachine || renew?.kind !== 'kubeadm-renew') return;
  const { pollInterval, waiting } = stepContext(run, step, context);
  await until(
    async () => ((await findProcesses(KUBEADM, ['renew'])).length === 0 ? {} : 'for a running kubeadm to end'),
    { limit: renew.limit, interval: pollInterval, waiting },
  );
}

function wasEnded({ plan, undos }: Run): PlanError {
  const step = Math.max(-1, ...undos.keys());
  const where = step < 0 ? 'before its first step' : `in step ${step + 1} of ${plan.steps.length}`;
  return {
    code: 'INTERRUPTED',
    message: `certagent was ended ${where} of the renewal ${plan.id}`,
    remedy: 'Nothing needs to be done: certagent tries again.',
  };
}
