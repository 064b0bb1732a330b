import { backupOf, expectationsOf, restartsUnit } from '../../domain/plan/plan-parts.ts';
import { changedAuthorities } from '../backup/authorities.ts';
import { worksOrStarts } from '../units/readiness.ts';
import { areSound } from '../verify/check-renewed.ts';
import type { Run } from './plan-run.ts';
import type { RenewContext } from './renew-context.ts';

/**
 * Whether, after a failure, the new certificates are the better ones. kubeadm: when the old ones had expired. K3s and RKE2: when
 * the old ones had expired, when a start has loaded other CAs, or when the unit works, or still starts, and every certificate
 * is sound: any restart, that of a rollback too, would renew the old ones again.
 */
export async function newOnesStay(run: Run, context: RenewContext): Promise<boolean> {
  const { plan } = run;
  if (backupOf(plan) === null || !restartsUnit(plan)) return plan.oldExpired;
  if (plan.oldExpired || (await hasOtherAuthorities(run, context))) return true;
  const ready = plan.steps.find((step) => step.kind === 'await-ready');
  const isSound = await areSound(context.root, expectationsOf(plan));
  return isSound && (ready === undefined || (await worksOrStarts(ready, context.root)));
}

/** Whether a start of K3s or RKE2 has loaded other CAs than the backup's: it keeps them in its datastore, and they stay. */
export async function hasOtherAuthorities({ plan }: Run, { root }: RenewContext): Promise<boolean> {
  const backup = backupOf(plan);
  if (backup === null || !restartsUnit(plan)) return false;
  return (await changedAuthorities(root, backup).catch(() => [])).length > 0;
}
