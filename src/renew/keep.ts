import { changedAuthorities } from './authorities.ts';
import { backupOf, type RenewContext } from './context.ts';
import { expectations, type Run, stepContext } from './run.ts';
import { lacksReadiness } from './unit.ts';
import { areSound } from './verify.ts';

/**
 * Whether, after a failure, the new certificates are the better ones. kubeadm: when the old ones had expired. K3s and RKE2:
 * unless the CAs changed, when the old ones had expired, or when the unit works and every certificate is sound: any
 * restart, that of a rollback too, would renew the old ones again.
 */
export async function newOnesStay(run: Run, context: RenewContext): Promise<boolean> {
  const { plan } = run;
  const backup = backupOf(plan);
  if (backup === null || !plan.steps.some(({ kind }) => kind === 'restart-unit')) return plan.oldExpired;
  const changed = await changedAuthorities(context.root, backup).catch(() => []);
  if (changed.length > 0) return false;
  return plan.oldExpired || ((await areSound(context.root, expectations(plan))) && (await unitWorks(run, context)));
}

async function unitWorks(run: Run, context: RenewContext): Promise<boolean> {
  const { steps } = run.plan;
  const index = steps.findIndex(({ kind }) => kind === 'await-ready');
  const step = steps[index];
  if (step?.kind !== 'await-ready') return true;
  const lacking = await lacksReadiness(step, stepContext(run, index, context)).catch(() => 'an answer of systemd');
  return lacking === null;
}
