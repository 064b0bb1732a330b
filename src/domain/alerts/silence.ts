import type { Instant } from '../model/certificate.ts';
import type { Silence } from '../model/orders.ts';
import type { Alert } from './alert.ts';
import { isWorse, type Severity, worstOf } from './severity.ts';

/** The silence that keeps this alert back; null: none does. One that got worse than when it was silenced is sent again. */
export function silenceOf(alert: Alert, silences: Silence[], now: Instant): Silence | null {
  return (
    silences.find(
      ({ code, subject, until, severity }) =>
        code === alert.code &&
        (subject === null || subject === alert.subject) &&
        until > now &&
        !isWorse(alert.severity, severity),
    ) ?? null
  );
}

/** Up to which severity a silence holds: as bad as what is active now, a warning where nothing is. */
export function silencedUpTo(active: Alert[], { code, subject }: Pick<Silence, 'code' | 'subject'>): Severity {
  const concerned = active.filter((alert) => alert.code === code && (subject === null || alert.subject === subject));
  return concerned.length === 0 ? 'warning' : worstOf(...concerned.map(({ severity }) => severity));
}
