import type { Instant } from '../model/certificate.ts';

/** "2027-11-24", UTC. */
export function day(instant: Instant): string {
  return new Date(instant).toISOString().slice(0, 10);
}

/** "2027-03-01 12:00 UTC" */
export function date(at: Instant): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
