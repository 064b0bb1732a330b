import { DAY } from '../src/domain/time/duration.ts';

const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/**
 * A maintenance window (TOML) that is closed for at least a day and a half from `now`, in every time zone: inside of the
 * default one the daemon renews automatically, and the act that shows `certagent renew` finds nothing to do.
 */
export function closedWindow(now: number): string {
  const weekday = WEEKDAYS[new Date(now + 3 * DAY).getUTCDay()];
  return `[maintenance]\ndays = ["${weekday}"]\nstart = "02:00"\nend = "05:00"\n`;
}
