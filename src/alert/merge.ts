import { type Dispatch, isAtLeast, type Notification, type Severity, worstOf } from '../domain/alerts/alert.ts';

/** What a sink with this least severity is sent of a dispatch; null when nothing. A sink that was sent an alert is sent its clearing. */
export function forSink(dispatch: Dispatch, least: Severity): Dispatch | null {
  const notifications = dispatch.notifications
    .filter(({ alert, worst }) => isAtLeast(worstOf(alert.severity, worst), least))
    // What was below its least severity, this sink never saw.
    .map((each) => (each.sent && !isAtLeast(each.sent.worst, least) ? { ...each, sent: null } : each));
  return notifications.length === 0 ? null : { ...dispatch, notifications };
}

/** Two dispatches as one: the last message about each alert, in the order of their severity as they came. */
export function merge(earlier: Dispatch, later: Dispatch): Dispatch {
  const last = new Map<string, Notification>();
  for (const notification of [...earlier.notifications, ...later.notifications]) {
    const { code, subject } = notification.alert;
    const key = `${code}\n${subject}\n${notification.status === 'event'}`;
    // The earlier message never arrives: what the sink has seen is what had been sent before that one.
    const sent = last.get(key)?.sent;
    last.set(key, sent === undefined ? notification : { ...notification, sent });
  }
  return {
    ...later,
    id: earlier.id,
    notifications: [...last.values()],
    merged: (earlier.merged ?? 1) + (later.merged ?? 1),
  };
}
