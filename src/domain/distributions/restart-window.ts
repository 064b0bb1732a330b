import { DAY } from '../time/duration.ts';

/** K3s before May 2025, and the careful choice where the version is unknown. */
export const OLD_RESTART_WINDOW = 90 * DAY;
const NEW_RESTART_WINDOW = 120 * DAY;

/** First patch versions with the longer window; newer minor versions all have it (k3s-io/k3s pull request 12232, May 2025). */
const LONGER_SINCE: Record<number, number> = { 30: 13, 31: 9, 32: 5, 33: 1 };

/** Milliseconds before expiry from which a restart of K3s or RKE2 renews a leaf. */
export function restartWindow(version: string | null): number {
  const [, major, minor, patch] = (/^v(\d+)\.(\d+)\.(\d+)/.exec(version ?? '') ?? []).map(Number);
  if (major === undefined || minor === undefined || patch === undefined) return OLD_RESTART_WINDOW;
  const longer = major > 1 || minor > 33 || patch >= (LONGER_SINCE[minor] ?? Number.POSITIVE_INFINITY);
  return longer ? NEW_RESTART_WINDOW : OLD_RESTART_WINDOW;
}
