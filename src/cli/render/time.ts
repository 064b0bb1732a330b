import type { Instant } from '../../domain/model/certificate.ts';
import { DAY } from '../../domain/time/duration.ts';

/** How instants are printed: in the node's time zone, seen from one moment. */
export type Times = {
  /** "2026-08-02". */
  date(at: Instant): string;
  /** "02:14" today, "Sat 02:14" within six days, else "2026-08-02 02:14". */
  moment(at: Instant): string;
  /** "2026-08-02 02:14". */
  full(at: Instant): string;
};

export function timesIn(timeZone: string, now: Instant): Times {
  const parts = partsIn(timeZone);
  const date = (at: Instant) => parts(at).date;
  const full = (at: Instant) => `${parts(at).date} ${parts(at).clock}`;
  return {
    date,
    full,
    moment: (at) => {
      if (date(at) === date(now)) return parts(at).clock;
      return Math.abs(at - now) < 6 * DAY ? `${parts(at).day} ${parts(at).clock}` : full(at);
    },
  };
}

type Parts = { date: string; clock: string; day: string };

function partsIn(timeZone: string): (at: Instant) => Parts {
  const known = new Map<Instant, Parts>();
  return (at) => {
    const found = known.get(at) ?? localParts(timeZone, at);
    known.set(at, found);
    return found;
  };
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

function localParts(timeZone: string, at: Instant): Parts {
  enter(timeZone);
  const time = new Date(at);
  return {
    date: `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`,
    clock: `${two(time.getHours())}:${two(time.getMinutes())}`,
    day: DAYS[time.getDay()]!,
  };
}

let own: { zone: string | undefined } | null = null;

/**
 * Changes the time zone of the process until the synchronous work of now is done, which is one report: each change makes V8
 * look for the zone. Intl.DateTimeFormat gives the same, but loading it takes a third of the time of an empty process.
 */
function enter(timeZone: string): void {
  if (process.env.TZ === timeZone) return;
  if (own === null) {
    own = { zone: process.env.TZ };
    queueMicrotask(leave);
  }
  process.env.TZ = timeZone;
}

function leave(): void {
  if (own?.zone === undefined) delete process.env.TZ;
  else process.env.TZ = own.zone;
  own = null;
}

const two = (value: number): string => String(value).padStart(2, '0');
