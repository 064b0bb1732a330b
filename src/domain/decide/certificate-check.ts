import type { Instant } from '../model/certificate.ts';
import type { History, Nearness, Policy, ReasonCode, Verdict } from '../model/decision.ts';
import type { Inventory, ObservedCertificate } from '../model/inventory.ts';
import { formatDuration } from '../time/duration.ts';
import type { RenewalWindow } from './renewal-window.ts';

/** Who asks. `manual` ignores the maintenance window and the back-off; `force` also renews what is not due. */
export type DecideRequest = { kind: 'schedule' } | { kind: 'manual'; force: boolean };

/** Everything the decision on one certificate rests on. */
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

/** A check whose name states what is so; null when it is not so. */
export type CertificateCheck = { code: ReasonCode; verdict(known: Case): WithoutCode<Verdict> | null };
type WithoutCode<V> = V extends unknown ? Omit<V, 'code'> : never;

/** "ends in 25 d", "ended 3 h ago". */
export function ends({ certificate }: Pick<ObservedCertificate, 'certificate'>, now: Instant): string {
  const left = certificate.notAfter - now;
  return left >= 0 ? `ends in ${formatDuration(left)}` : `ended ${formatDuration(-left)} ago`;
}

export function escalate(why: string, remedy: string) {
  return { kind: 'escalate' as const, why, remedy };
}
