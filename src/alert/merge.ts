import { type Dispatch, isAtLeast, type Notification, type Severity, worstOf } from '../domain/alerts/alert.ts';

/** What a sink with this least severity is told of a dispatch; null when nothing. Who was told of an alert is told of its end. */
export function forSink(dispatch: Dispatch, least: Severity): Dispatch | null {
  const notifications = dispatch.notifications.filter(({ alert, worst }) =>
    isAtLeast(worstOf(alert.severity, worst), least),
  );
  return notifications.length === 0 ? null : { ...dispatch, notifications };
}

/** Two dispatches as one: of each alert the last word, in the order of their severity as they came. */
export function merge(earlier: Dispatch, later: Dispatch): Dispatch {
  const last = new Map<string, Notification>();
  for (const notification of [...earlier.notifications, ...later.notifications]) {
    const { code, subject } = notification.alert;
    last.set(`${code}\n${subject}\n${notification.status === 'event'}`, notification);
  }
  return {
    ...later,
    id: earlier.id,
    notifications: [...last.values()],
    merged: (earlier.merged ?? 1) + (later.merged ?? 1),
  };
}
