import type { Instant } from '../model/certificate.ts';
import type { Nearness } from '../model/decision.ts';
import { DAY } from '../time/duration.ts';
import type { FleetCertificate } from './model.ts';

/**
 * The time line: near days are wide and far ones narrow, as a person reads them. Each stop is so many days from now, at that
 * percentage of the width; left of the first is what has expired, right of the last what expires later.
 */
export const STOPS: readonly { days: number; label: string; at: number }[] = [
  { days: 0, label: 'today', at: 8 },
  { days: 7, label: '7 d', at: 24 },
  { days: 30, label: '30 d', at: 42 },
  { days: 90, label: '90 d', at: 60 },
  { days: 180, label: '180 d', at: 75 },
  { days: 365, label: '1 y', at: 92 },
];
const EXPIRED = 4;
const LATER = 96.5;

/** Where an instant is on the line, in percent of its width. */
export function placeOf(at: Instant, now: Instant): number {
  const days = (at - now) / DAY;
  if (days < 0) return EXPIRED;
  const next = STOPS.findIndex((stop) => stop.days > days);
  const [from, to] = [STOPS[next - 1], STOPS[next]];
  if (from === undefined || to === undefined) return LATER;
  return from.at + ((days - from.days) / (to.days - from.days)) * (to.at - from.at);
}

export type Mark = { at: number; nearness: Nearness; notAfter: Instant; ids: string[] };

/** Marks closer than this, in percent, could not be told apart. */
const CLOSE = 1.6;

/** The certificates of a node as marks on the line; `certificates` are in the order of their expiry. */
export function marksOf(certificates: FleetCertificate[], now: Instant): Mark[] {
  const marks: Mark[] = [];
  for (const { id, notAfter, nearness } of certificates) {
    const at = placeOf(notAfter, now);
    const last = marks.at(-1);
    if (last !== undefined && at - last.at < CLOSE && last.nearness === nearness) last.ids.push(id);
    else marks.push({ at, nearness, notAfter, ids: [id] });
  }
  return marks;
}
