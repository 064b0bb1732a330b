import { restore } from '../backup/restore.ts';
import { expectations, type Run } from '../engine/run-step.ts';
import { backupOf, type RenewContext } from '../engine/step-context.ts';
import { checkPair } from './verify.ts';

/**
 * Puts certificate and key back from the backup where the two on disk are of no use together: kubeadm, ended between its
 * two writes, leaves a new key beside an old or empty certificate. Returns the ids of what was put back.
 */
export async function repairPairs(run: Run, context: RenewContext): Promise<string[]> {
  const backup = backupOf(run.plan);
  if (backup === null) return [];
  const repaired: string[] = [];
  for (const expect of expectations(run.plan)) {
    const sound = await checkPair(context.root, expect).then(
      () => true,
      () => false,
    );
    if (sound) continue;
    const files = [...new Set([expect.path, expect.keyPath])];
    await restore(context.root, backup, files);
    repaired.push(expect.id);
  }
  return repaired;
}
