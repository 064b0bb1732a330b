import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for `ms`; no longer than until `signal` is aborted. */
export function pauseFor(signal: AbortSignal): (ms: number) => Promise<void> {
  return (ms) => sleep(ms, undefined, { signal }).catch(() => {});
}
