import type { Notification, StandingAlert } from './alert.ts';
import { lastSent } from './diff.ts';

/**
 * The active alerts as they were last sent, for a sink that forgets what nobody repeats. It says nothing new: what is kept back
 * stays so, and an alert that has changed since has the severity that the sink knows.
 */
export function refreshed(book: StandingAlert[]): Notification[] {
  return book.flatMap((standing) => {
    const sent = lastSent(standing);
    if (sent === null || standing.silencedUntil !== undefined) return [];
    const { alert, since } = standing;
    return [
      { status: 'repeated', alert: { ...alert, severity: sent.severity }, since, worst: sent.worst, sent } as const,
    ];
  });
}
