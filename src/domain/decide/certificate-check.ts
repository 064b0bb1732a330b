import type { Instant } from '../model/certificate.ts';
import type { History, Nearness, Policy, Verdict } from '../model/decision.ts';
import type { Inventory, ObservedCertificate } from '../model/inventory.ts';
import { formatDuration } from '../time/duration.ts';
import type { RenewalWindow } from './automatic-moment.ts';
import type { ReasonCode } from './reasons.ts';

/**
 * Who asks. `manual` ignores the maintenance window and the back-off; `force` also renews what is not due. `only`: the ids of
 * the certificates that a person named, due or not; left out: none is named.
 */
export type DecideRequest = { kind: 'schedule' } | { kind: 'manual'; force: boolean; only?: readonly string[] };

/** Everything that the decision on one certificate depends on. */
export type Case = {
  observed: ObservedCertificate;
  window: RenewalWindow;
  nearness: Nearness;
  inventory: Inventory;
  policy: Policy;
  history: History;
  now: Instant;
  request: DecideRequest;
};

/** A check whose name states what it finds; null when it does not find it. */
export type CertificateCheck = { code: ReasonCode; verdict(known: Case): WithoutCode<Verdict> | null };
type WithoutCode<V> = V extends unknown ? Omit<V, 'code'> : never;

/** "expires in 25 d", "expired 3 h ago". */
export function expires({ certificate }: Pick<ObservedCertificate, 'certificate'>, now: Instant): string {
  return expiresAt(certificate.notAfter, now);
}

export function expiresAt(notAfter: Instant, now: Instant): string {
  const left = notAfter - now;
  return left >= 0 ? `expires in ${formatDuration(left)}` : `expired ${formatDuration(-left)} ago`;
}

export function escalate(why: string, remedy: string) {
  return { kind: 'escalate' as const, why, remedy };
}
