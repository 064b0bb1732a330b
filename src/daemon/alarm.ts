import type { Instant } from '../domain/model/certificate.ts';
import { MINUTE } from '../domain/time/duration.ts';

/**
 * One timer for the next moment. It reads the clock every minute: a long timer would sleep through a suspended machine
 * and a clock that is set forward. A clock that is set back rings too, as what was computed before is wrong then.
 */
export type Alarm = {
  /** Replaces the moment that was set before. */
  set(at: Instant): void;
  stop(): void;
};

export function makeAlarm(now: () => Instant, ring: (why: 'reached' | 'set back') => void): Alarm {
  let timer: NodeJS.Timeout | undefined;
  let seen = now();
  let wentBack = false;
  const look = (): Instant => {
    const before = seen;
    seen = now();
    wentBack ||= seen < before;
    return seen;
  };
  const set = (at: Instant): void => {
    clearTimeout(timer);
    const left = at - look();
    timer = setTimeout(() => tick(at), wentBack ? 0 : Math.min(Math.max(left, 0), MINUTE));
  };
  const tick = (at: Instant): void => {
    const time = look();
    if (!wentBack && time < at) {
      set(at);
      return;
    }
    const why = wentBack ? 'set back' : 'reached';
    wentBack = false;
    ring(why);
  };
  return { set, stop: () => clearTimeout(timer) };
}
