import { backupOf, expectationsOf } from '../../domain/plan/plan-parts.ts';
import { changedAuthorities } from '../backup/authorities.ts';
import { worksOrStarts } from '../units/readiness.ts';
import { areSound } from '../verify/check-renewed.ts';
import type { Run } from './plan-run.ts';
import type { RenewContext } from './renew-context.ts';

/**
 * Whether, after a failure, the new certificates are the better ones. kubeadm: when the old ones had expired. K3s and RKE2:
 * unless the CAs changed, when the old ones had expired, or when the unit works, or still starts, and every certificate is
 * sound: any restart, that of a rollback too, would renew the old ones again.
 */
export async function newOnesStay({ plan }: Run, { root }: RenewContext): Promise<boolean> {
  const backup = backupOf(plan);
  if (backup === null || !plan.steps.some(({ kind }) => kind === 'restart-unit')) return plan.oldExpired;
  const changed = await changedAuthorities(root, backup).catch(() => []);
  if (changed.length > 0) return false;
  if (plan.oldExpired) return true;
  const ready = plan.steps.find((step) => step.kind === 'await-ready');
  return (await areSound(root, expectationsOf(plan))) && (ready === undefined || (await worksOrStarts(ready, root)));
}
