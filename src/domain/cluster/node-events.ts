import type { AlertEvent, StandingAlert } from '../alerts/alert.ts';
import type { AlertCode } from '../alerts/catalogue.ts';
import type { Instant } from '../model/certificate.ts';
import { short } from '../text/printable.ts';
import { DAY } from '../time/duration.ts';

/** An Event on the Node. `key`: what has it happened once, however often it is found. */
export type NodeEvent = { key: string; reason: string; type: 'Normal' | 'Warning'; message: string };

/** K3s's word where it has one. */
const REASONS: Partial<Record<AlertCode, string>> = {
  RENEWED: 'CertificatesRenewed',
  RENEWAL_FAILED: 'CertificateRenewalFailed',
  RENEWAL_ROLLED_BACK: 'CertificateRenewalRolledBack',
  RENEWAL_BLOCKED: 'CertificateRenewalBlocked',
  CERTIFICATE_EXPIRED: 'CertificateExpirationWarning',
  CERTIFICATE_URGENT: 'CertificateExpirationWarning',
  CERTIFICATE_EXPIRING: 'CertificateExpirationWarning',
};

/** The API takes 1024 bytes. */
const LONGEST = 500;

/**
 * The Events of one check: what happened in it, and what is active and sent to the sinks too, again every day for as long as it is.
 * `plan`: the renewal that ended in this check.
 */
export function nodeEvents(
  { alerts, happened, plan }: { alerts: StandingAlert[]; happened: AlertEvent[]; plan: string | null },
  now: Instant,
): NodeEvent[] {
  const active = alerts.filter(
    ({ silencedUntil, explainedBy, heldUntil }) =>
      silencedUntil === undefined && explainedBy === undefined && heldUntil === undefined,
  );
  return [
    ...happened.flatMap((event) => eventOf(event, plan ?? String(now))),
    ...active.flatMap(({ alert, since }) => eventOf(alert, `${since}.${Math.floor((now - since) / DAY)}`)),
  ];
}

function eventOf({ code, subject, severity, text }: AlertEvent, when: string): NodeEvent[] {
  const reason = REASONS[code];
  if (reason === undefined) return [];
  const type = severity === 'info' ? 'Normal' : 'Warning';
  return [{ key: `${code} ${subject} ${when}`, reason, type, message: short(text, LONGEST) }];
}
