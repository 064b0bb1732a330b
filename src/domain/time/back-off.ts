import type { Instant } from '../model/certificate.ts';
import { DAY, HOUR } from './duration.ts';

/** How long to wait after so many failures (1 or more) one after the other: `first`, then twice as long each time. Milliseconds. */
export function backOff(failures: number, { first, most }: { first: number; most: number }): number {
  return Math.min(most, first * 2 ** (failures - 1));
}

/** When a request is tried again that failed last at `at`: after an hour at first, a day at most. A failure in the future was noted under a wrong clock. */
export function requestAgainAt({ failures, at }: { failures: number; at: Instant | null }, now: Instant): Instant {
  return at === null || failures === 0 || at > now ? 0 : at + backOff(failures, { first: HOUR, most: DAY });
}
