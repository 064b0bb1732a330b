import type { Instant } from '../model/certificate.ts';
import { DAY } from '../time/duration.ts';
import type { Disruption } from './disruption.ts';

/** What this node is about to do. */
export type Intent = {
  /** `wants`: it has a plan and has not begun. `runs`: the plan runs. `idle`: it has none, or has ended it. */
  phase: 'idle' | 'wants' | 'runs';
  disruption: Disruption;
  /** `renew --yes --force`, or the first expiry is near (`isLastResort`): seconds without quorum are accepted. */
  isUrgent: boolean;
  /** What the node serves has expired (the plan's `oldExpired`). */
  hasExpired: boolean;
  /** A certificate that cannot be read keeps its unit from starting, and the plan removes it (`isDownByLeaves`). */
  isKeptDown: boolean;
  /** It finishes or undoes the plan of a process that was killed. */
  recovers: boolean;
  /** Length of a slot (`slotOf`). */
  slot: number;
};

/** Expired certificates are worse than seconds without quorum. For short-lived ones it begins later. */
export function isLastResort(certificates: { notAfter: Instant; lifetime: number }[], now: Instant): boolean {
  return certificates.some(({ notAfter, lifetime }) => notAfter - now <= Math.min(7 * DAY, lifetime / 12));
}
