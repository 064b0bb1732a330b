import { unitState } from '../../host/systemd.ts';
import { changedAuthorities } from '../backup/authorities.ts';
import { lacksReadiness } from '../steps/unit.ts';
import { areSound } from '../steps/verify.ts';
import { expectations, type Run, stepContext } from './run-step.ts';
import { backupOf, type RenewContext } from './step-context.ts';

/**
 * Whether, after a failure, the new certificates are the better ones. kubeadm: when the old ones had expired. K3s and RKE2:
 * unless the CAs changed, when the old ones had expired, or when the unit works, or still starts, and every certificate is
 * sound: any restart, that of a rollback too, would renew the old ones again.
 */
export async function newOnesStay(run: Run, context: RenewContext): Promise<boolean> {
  const { plan } = run;
  const backup = backupOf(plan);
  if (backup === null || !plan.steps.some(({ kind }) => kind === 'restart-unit')) return plan.oldExpired;
  const changed = await changedAuthorities(context.root, backup).catch(() => []);
  if (changed.length > 0) return false;
  return plan.oldExpired || ((await areSound(context.root, expectations(plan))) && (await worksOrStarts(run, context)));
}

/** A start that takes longer than we wait is not cut off to begin it anew: that would take as long again. */
async function worksOrStarts(run: Run, context: RenewContext): Promise<boolean> {
  const { steps } = run.plan;
  const index = steps.findIndex(({ kind }) => kind === 'await-ready');
  const step = steps[index];
  if (step?.kind !== 'await-ready') return true;
  const unit = await unitState(context.root, step.unit).catch(() => null);
  if (unit?.activeState === 'activating' && unit.subState !== 'auto-restart') return true;
  const lacking = await lacksReadiness(step, stepContext(run, index, context)).catch(() => 'an answer of systemd');
  return lacking === null;
}
