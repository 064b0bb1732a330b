import type { Instant } from '../../domain/certificate.ts';
import { DAY } from '../../domain/duration.ts';

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

function partsIn(timeZone: string): (at: Instant) => { date: string; clock: string; day: string } {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  return (at) => {
    const found = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
    return {
      date: `${found.year}-${found.month}-${found.day}`,
      clock: `${found.hour}:${found.minute}`,
      day: found.weekday ?? '',
    };
  };
}
