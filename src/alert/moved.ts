import type { AlertEvent, AlertNode, Notification, StandingAlert } from '../domain/alerts/alert.ts';
import { lastSent } from '../domain/alerts/diff.ts';
import type { Instant } from '../domain/model/certificate.ts';
import { identityOf } from './identity.ts';

// A sink that keeps alerts knows each by the identity of its node. When that changes (another site, label or name), what was
// raised under the previous identity is cleared under it, once, and what is still active is raised under the new one.

/** Whether both are one node for such a sink. */
export function isSameNode(a: AlertNode, b: AlertNode): boolean {
  const any = { code: 'TEST', subject: 'node' } as const;
  return identityOf(a, any) === identityOf(b, any);
}

/** Everything that the previous identity has raised. */
export function clearedAll(before: StandingAlert[]): Notification[] {
  return before.flatMap((standing) => {
    const sent = lastSent(standing);
    if (sent === null) return [];
    return [{ status: 'cleared', alert: standing.alert, since: standing.since, worst: sent.worst, sent } as const];
  });
}

/** What is active and has been sent, as if it began now, and what happened. */
export function raisedAgain(book: StandingAlert[], events: AlertEvent[], now: Instant): Notification[] {
  const active = book.flatMap((standing) => {
    const sent = lastSent(standing);
    if (sent === null) return [];
    const { alert, since } = standing;
    return [
      {
        status: 'raised',
        alert: { ...alert, severity: sent.severity },
        since,
        worst: sent.severity,
        sent: null,
      } as const,
    ];
  });
  return [...active, ...events.map((alert) => ({ status: 'event', alert, since: now }) as const)];
}
