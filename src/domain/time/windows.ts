import type { Instant } from '../model/certificate.ts';
import type { MaintenanceWindow } from '../model/decision.ts';
import { DAY, HOUR, MINUTE } from './duration.ts';

/** One maintenance window of the calendar, and this node's own moment inside of it. */
export type Maintenance = { start: Instant; end: Instant; moment: Instant };

/**
 * The first maintenance window that ends after `after`: the one `after` lies in, else the next. Its `moment` can
 * therefore lie before `after`. `nodeDelay` is in [0, 1). null when the configuration leaves no window in a fortnight.
 */
export function nextMaintenance(window: MaintenanceWindow, after: Instant, nodeDelay: number): Maintenance | null {
  const today = Math.floor(wallClock(window.timeZone, after) / DAY) * DAY;
  // From yesterday on, because a window can last over midnight; for a fortnight, because a spring gap can swallow one.
  for (let day = -1; day <= 15; day++) {
    const found = windowOf(window, today + day * DAY);
    if (found !== null && found.end > after) return { ...found, moment: momentIn(found, nodeDelay) };
  }
  return null;
}

export function inMaintenance(window: MaintenanceWindow, at: Instant): boolean {
  const next = nextMaintenance(window, at, 0);
  return next !== null && next.start <= at;
}

/** The end of the window stays free: a renewal takes minutes, and a node that woke up late must still find room. */
function momentIn({ start, end }: { start: Instant; end: Instant }, nodeDelay: number): Instant {
  const length = end - start;
  return start + Math.floor(nodeDelay * (length - Math.min(length / 4, HOUR)));
}

/**
 * The window that starts on a local day, given as midnight of that day read as if it were UTC. null when the window does
 * not start on that weekday, or when the clock jumps over the whole of it.
 */
function windowOf(window: MaintenanceWindow, day: number): { start: Instant; end: Instant } | null {
  if (!window.days.includes(new Date(day).getUTCDay())) return null;
  const wholeDay = window.start === window.end;
  // In an autumn fold the hour occurs twice. Beginning late and ending early keeps the window where the clock on the
  // wall says it is; only a whole day ends where the next whole day begins.
  const start = instantsAt(window.timeZone, day + window.start * MINUTE).last;
  const ends = instantsAt(window.timeZone, day + window.end * MINUTE + (window.end <= window.start ? DAY : 0));
  const end = wholeDay || ends.first < start ? ends.last : ends.first;
  return end > start ? { start, end } : null;
}

/**
 * The instants at which the clock on the wall shows `wall` (local time read as if it were UTC): twice in an autumn fold;
 * in a spring gap never, and then the end of the gap is meant.
 */
function instantsAt(timeZone: string, wall: number): { first: Instant; last: Instant } {
  // No zone is further than 14 hours from UTC, so a day away is safely before and after any change.
  const before = wallClock(timeZone, wall - DAY) - (wall - DAY);
  const after = wallClock(timeZone, wall + DAY) - (wall + DAY);
  if (before === after) return { first: wall - before, last: wall - before };
  const exact = [wall - before, wall - after].filter((at) => wallClock(timeZone, at) === wall);
  if (exact.length > 0) return { first: Math.min(...exact), last: Math.max(...exact) };
  let early = wall - Math.max(before, after);
  let late = wall - Math.min(before, after);
  while (late - early > 1) {
    const middle = Math.floor((early + late) / 2);
    if (wallClock(timeZone, middle) < wall) early = middle;
    else late = middle;
  }
  return { first: late, last: late };
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** What the clock on the wall shows at an instant, as milliseconds read as if it were UTC. */
function wallClock(timeZone: string, at: Instant): number {
  let format = formats.get(timeZone);
  if (format === undefined) {
    const digits = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' } as const;
    format = new Intl.DateTimeFormat('en-US', { ...digits, second: 'numeric', hourCycle: 'h23', timeZone });
    formats.set(timeZone, format);
  }
  const second = Math.floor(at / 1_000) * 1_000;
  const [month, day, year, ...time] = format.format(second).match(/\d+/g)!.map(Number);
  const [hours, minutes, seconds] = time;
  return Date.UTC(year!, month! - 1, day!, hours!, minutes!, seconds!) + (at - second);
}
