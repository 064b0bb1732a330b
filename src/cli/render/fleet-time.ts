import type { Instant } from '../../domain/model/certificate.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

// Nodes of many time zones are on one page, so all of it is UTC.

/** "2026-03-03 13:30" */
export const moment = (at: Instant): string => new Date(at).toISOString().slice(0, 16).replace('T', ' ');

/** "3 Mar", for the axis. */
export function shortDay(at: Instant): string {
  const date = new Date(at);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
}
