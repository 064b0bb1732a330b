import { backupOf, expectationsOf } from '../../domain/plan/plan-parts.ts';
import type { Root } from '../../host/root.ts';
import { checkPair } from '../verify/check-renewed.ts';
import { type PutBack, putBack, type Traces } from './guard.ts';

/**
 * Puts certificate and key back from the backup where the two on disk do not work together: kubeadm, ended between its two
 * writes, leaves a new key beside an old or empty certificate.
 */
export async function repairPairs(root: Root, traces: Traces): Promise<PutBack> {
  const done: PutBack = { changed: [], left: [] };
  const backup = backupOf(traces.plan);
  if (backup === null) return done;
  for (const expect of expectationsOf(traces.plan)) {
    const isSound = await checkPair(root, expect).then(
      () => true,
      () => false,
    );
    if (isSound) continue;
    const { changed, left } = await putBack(root, backup, [...new Set([expect.path, expect.keyPath])], traces);
    done.changed.push(...changed);
    done.left.push(...left);
  }
  return done;
}
