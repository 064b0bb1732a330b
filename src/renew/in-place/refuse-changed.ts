import { CertagentError } from '../../domain/model/errors.ts';
import type { RenewalPlan } from '../../domain/model/plan.ts';
import { backupOf } from '../../domain/plan/plan-parts.ts';
import type { Root } from '../../host/root.ts';
import { checksum } from '../backup/authorities.ts';
import { type BackupManifest, readManifest } from '../backup/backup-manifest.ts';

/**
 * Throws CertagentError CHANGED_SINCE where one of these files is neither as the plan's backup has it, nor as it is to be: then somebody
 * has changed it, or the unit was restarted and has issued it.
 */
export async function refuseChanged(
  root: Root,
  plan: RenewalPlan,
  paths: string[],
  staged: Pick<BackupManifest, 'files'>,
): Promise<void> {
  const backup = await readManifest(root.at(backupOf(plan)!));
  const of = ({ files }: Pick<BackupManifest, 'files'>, path: string) => files.find((one) => one.path === path)?.sha256;
  const changed: string[] = [];
  for (const path of paths) {
    const now = await checksum(root, path);
    if (now === null || (now !== of(backup, path) && now !== of(staged, path))) changed.push(path);
  }
  if (changed.length === 0) return;
  throw new CertagentError('CHANGED_SINCE', `somebody has changed ${changed.join(', ')} since the renewal began`, {
    remedy: 'See who changes this node, and whether it is as you want it: certagent status',
  });
}
