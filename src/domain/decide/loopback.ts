import type { Instant } from '../model/certificate.ts';
import type { Policy } from '../model/decision.ts';
import type { Inventory, Preconditions } from '../model/inventory.ts';
import { DAY } from '../time/duration.ts';
import { automaticMoment } from './automatic-moment.ts';
import { type DecideRequest, expiresAt } from './certificate-check.ts';

/** The name that its server name and its subject have, and its id in plans. */
export const LOOPBACK = 'apiserver-loopback-client';

/** A kube-apiserver whose loopback certificate expires within this time is restarted, and reported. */
export const LOOPBACK_NOTICE = 60 * DAY;

/** When the schedule restarts the kube-apiserver for its loopback certificate alone; null: that is not due yet. */
export function loopbackMoment(
  { preconditions: { loopback } }: Inventory,
  policy: Policy,
  request: DecideRequest,
  now: Instant,
): { at: Instant; why: string } | null {
  if (loopback === undefined || loopback.notAfter - now > LOOPBACK_NOTICE) return null;
  const { notAfter } = loopback;
  const opensAt = notAfter - LOOPBACK_NOTICE;
  const window = { opensAt, urgentAt: notAfter - Math.min(policy.urgent, LOOPBACK_NOTICE), wishedAt: opensAt };
  const at = request.kind === 'manual' ? now : automaticMoment({ window, policy }, now);
  return {
    at,
    why: `the loopback certificate of kube-apiserver ${expiresAt(notAfter, now)}, and only a restart makes a new one`,
  };
}

/** Whether it has expired, which makes a kube-apiserver fail. */
export function loopbackExpired({ loopback }: Preconditions, now: Instant): boolean {
  return loopback !== undefined && loopback.notAfter < now;
}
