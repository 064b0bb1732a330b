import { KUBEADM } from '../../domain/distributions/names.ts';
import type { Instant } from '../../domain/model/certificate.ts';
import type { JournalRecord, PlanOutcome, UnknownRecord } from '../../domain/model/journal.ts';
import { changesCertificates } from '../../domain/plan/plan-parts.ts';
import { MINUTE, SECOND } from '../../domain/time/duration.ts';
import { findProgram } from '../../host/processes.ts';
import { actorOf } from '../steps/actor.ts';
import { repairPairs } from '../undo/repair-pairs.ts';
import { until } from '../wait.ts';
import { carryOn } from './execute.ts';
import { afterFailure, payDebts } from './failed-hooks.ts';
import { removeLeftovers } from './leftovers.ts';
import { end, hasWritten, newRun, type PlanError, type Run, stepContext, undoKey } from './plan-run.ts';
import type { RenewContext } from './renew-context.ts';
import { rollBack } from './rollback.ts';

/**
 * Finishes or undoes the plan that a killed agent left unfinished; null when there is none, or when another version of
 * certagent wrote it: that plan is not touched. An undo that has begun is finished. The plan continues if every certificate
 * is renewed (or the previous ones are useless); otherwise it is undone. Hooks that a failed plan still owes are run. Throws CertagentError INTERRUPTED as
 * `execute` does, or the journal's errors.
 */
export async function recover(context: RenewContext): Promise<PlanOutcome | null> {
  const records = await context.journal.records();
  const unfinished = unfinishedRun(records);
  if (unfinished !== null) return afterFailure(unfinished.run, await finish(unfinished, context), context);
  await payDebts(records, context);
  return null;
}

type Unfinished = { run: Run; failure: PlanError | null };

async function finish({ run, failure }: Unfinished, context: RenewContext): Promise<PlanOutcome> {
  const cause = failure ?? wasEnded(run);
  await awaitOrphan(run, context);
  await removeLeftovers(run, context);
  if (!hasWritten(run)) return end(run, { result: 'failed', error: cause }, context);
  // Where something is unknown (a missing backup), it is undone as far as possible, and reported.
  if (failure === null && (await shouldGoOn(run, context).catch(() => false))) return carryOn(run, context);
  return rollBack(run, cause, context);
}

/** How long what a killed agent started (kubeadm, a K3s that starts) may continue to write. */
const IN_HAND = 15 * MINUTE;
const BETWEEN_STEPS = 5 * SECOND;

/**
 * The last plan, where it has no end: what the journal knows of it. `failure` is null when it was neither failing nor being
 * undone. null also for a plan with a record of another version: this version does not know how to finish or undo it.
 */
export function unfinishedRun(records: JournalRecord[]): Unfinished | null {
  let run: Run | null = null;
  let failure: PlanError | null = null;
  let undoing = '';
  for (const record of records) {
    if (record.type === 'plan-started') {
      run = newRun(record.plan);
      failure = null;
    }
    if (run === null) continue;
    run.writtenUntil = writtenUntil(record);
    switch (record.type) {
      case 'plan-ended':
        run = null;
        break;
      case 'unknown':
        if (concerns(record, run.plan.id)) run = null;
        break;
      case 'step-started':
        run.undos.set(record.step, record.undo);
        break;
      case 'step-done':
        run.done.add(record.step);
        addLeft(run, record);
        break;
      case 'step-failed':
        if (record.goesOn === true) {
          run.done.add(record.step);
          run.reported.push(record.error);
        } else failure = { ...record.error, remedy: null };
        addLeft(run, record);
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

function concerns({ planId, recordType }: UnknownRecord, running: string): boolean {
  return planId === null || planId === running || recordType === 'plan-started';
}

function addLeft(run: Run, { left = {} }: Pick<Extract<JournalRecord, { type: 'step-done' }>, 'left'>): void {
  for (const [path, sha256] of Object.entries(left)) run.left.set(path, sha256);
}

function writtenUntil(record: JournalRecord): Instant {
  return record.at + (record.type === 'step-done' ? BETWEEN_STEPS : IN_HAND);
}

async function shouldGoOn(run: Run, context: RenewContext): Promise<boolean> {
  const { steps, oldExpired } = run.plan;
  for (const [index, step] of steps.entries()) {
    if (!changesCertificates(step)) continue;
    const mayGoOn = actorOf(context.actors, step).mayGoOn?.(step, stepContext(run, index, context));
    if ((await mayGoOn) === false) return false;
  }
  // K3s and RKE2 heal a pair by themselves when they start, kubeadm does not.
  if (oldExpired && !steps.some(({ kind }) => kind === 'restart-unit')) await repairPairs(context.root, run);
  return true;
}

/** The kubeadm of a killed agent continues to write: certagent waits until it has exited before it reads the files. */
async function awaitOrphan(run: Run, context: RenewContext): Promise<void> {
  const step = run.plan.steps.findIndex((each, index) => each.kind === 'kubeadm-renew' && !run.done.has(index));
  const renew = run.plan.steps[step];
  if (!context.root.isMachine || renew?.kind !== 'kubeadm-renew') return;
  const { pollInterval, waiting } = stepContext(run, step, context);
  await until(
    async () => {
      const running = (await findProgram(KUBEADM)).some(({ argv }) => argv.includes('renew') || argv.includes('phase'));
      return running ? 'for a running kubeadm to finish' : {};
    },
    { limit: renew.limit, interval: pollInterval, waiting },
  );
}

function wasEnded({ plan, undos }: Run): PlanError {
  const step = Math.max(-1, ...undos.keys());
  const where = step < 0 ? 'before its first step' : `in step ${step + 1} of ${plan.steps.length}`;
  return {
    code: 'INTERRUPTED',
    message: `certagent was stopped ${where} of the ${plan.restores === undefined ? 'renewal' : 'restore'} ${plan.id}`,
    remedy:
      plan.restores === undefined
        ? 'Nothing needs to be done: certagent tries again.'
        : `To restore the backup after all: certagent restore ${plan.restores}`,
  };
}
