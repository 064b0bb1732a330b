import { DAY } from '../domain/time/duration.ts';
import { run } from '../host/commands.ts';
import { PROGRAMS } from '../host/programs.ts';
import type { Root } from '../host/root.ts';
import type { Detected } from './detect.ts';

/** Version of kubeadm, k3s or rke2 ("v1.31.4", "v1.33.1+k3s1"), as the program itself says; null when it does not. */
export async function readVersion(root: Root, node: Detected): Promise<string | null> {
  if (node.distribution === null) return null;
  const args = node.distribution === 'kubeadm' ? ['version', '-o', 'short'] : ['--version'];
  try {
    const { stdout } = await run(root, node.distribution, args, { limit: PROGRAMS.version.limit });
    return /\bv\d{1,4}\.\d{1,4}\.\d{1,4}[0-9A-Za-z.+-]{0,60}/.exec(stdout)?.[0] ?? null;
  } catch {
    return null;
  }
}

/** First patch versions with the longer window; newer minor versions all have it (k3s-io/k3s pull request 12232, May 2025). */
const LONGER_SINCE: Record<number, number> = { 30: 13, 31: 9, 32: 5, 33: 1 };

/** Milliseconds before its end from which a restart of K3s or RKE2 renews a leaf. The shorter one when the version is unknown. */
export function restartWindow(version: string | null): number {
  const [, major, minor, patch] = (/^v(\d+)\.(\d+)\.(\d+)/.exec(version ?? '') ?? []).map(Number);
  if (major === undefined || minor === undefined || patch === undefined) return 90 * DAY;
  const longer = major > 1 || minor > 33 || patch >= (LONGER_SINCE[minor] ?? Number.POSITIVE_INFINITY);
  return (longer ? 120 : 90) * DAY;
}
