import type { Instant } from '../model/certificate.ts';

/** "2027-11-24", UTC. */
export function day(instant: Instant): string {
  return new Date(instant).toISOString().slice(0, 10);
}
