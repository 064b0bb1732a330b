import type { Instant } from '../model/certificate.ts';
import type { Policy } from '../model/decision.ts';
import { nextMaintenance } from '../time/windows.ts';

/** When a certificate's renewal window opens, and from when on it is urgent. */
export type RenewalWindow = {
  opensAt: Instant;
  urgentAt: Instant;
  /** Where it would open if the node's tool renewed at any time; the same as `opensAt` where it does. */
  wishedAt: Instant;
};

/**
 * When the schedule would renew a certificate: from urgent on at once, before that at this node's moment in a
 * maintenance window; never before `from`.
 */
export function automaticMoment({ window, policy }: { window: RenewalWindow; policy: Policy }, from: Instant): Instant {
  const earliest = Math.max(from, window.opensAt);
  if (earliest >= window.urgentAt) return earliest;
  const next = nextMaintenance(policy.maintenance, earliest, policy.nodeDelay);
  return Math.min(window.urgentAt, Math.max(earliest, next?.moment ?? window.urgentAt));
}
