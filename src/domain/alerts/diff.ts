import type { Instant } from '../model/certificate.ts';
import { type Alert, type AlertEvent, isAtLeast, type Notification, type StandingAlert, worstOf } from './alert.ts';

export type AlertDiffInput = {
  /** What stood after the cycle before. */
  before: StandingAlert[];
  now: Instant;
  /** What stands now. */
  alerts: Alert[];
  events: AlertEvent[];
  /** Milliseconds after which a standing alert is sent again. */
  repeat: number;
};

export type AlertDiff = {
  /** To be remembered until the next cycle. */
  book: StandingAlert[];
  /** Worst first; empty when there is nothing to tell. */
  notifications: Notification[];
  /** The last standing alert ended with this cycle. */
  allClear: boolean;
};

/**
 * Compares two states: what began, what changed (another severity, a further member), what stands for `repeat` without a
 * word, what ended. The same state twice tells nothing.
 */
export function diffAlerts({ before, now, alerts, events, repeat }: AlertDiffInput): AlertDiff {
  const known = new Map(before.map((standing) => [key(standing.alert), standing]));
  const standing = new Map(alerts.map((alert) => [key(alert), alert]));
  const book: StandingAlert[] = [];
  const notifications: Notification[] = [];

  for (const [id, alert] of standing) {
    const old = known.get(id);
    const status =
      old === undefined || isNew(old.alert, alert) ? 'raised' : isDue(old, now, repeat) ? 'repeated' : null;
    const since = old?.since ?? now;
    const worst = worstOf(old?.worst, old?.alert.severity, alert.severity);
    // A clock set back must not silence an alert for as long as it had run ahead.
    book.push({ alert, since, worst, lastSentAt: status === null ? Math.min(old!.lastSentAt, now) : now });
    if (status !== null) notifications.push({ status, alert, since, worst });
  }
  for (const [id, { alert, since, worst }] of known)
    if (!standing.has(id))
      notifications.push({ status: 'cleared', alert, since, worst: worstOf(worst, alert.severity) });
  for (const alert of events) notifications.push({ status: 'event', alert, since: now });

  return { book, notifications: worstFirst(notifications), allClear: book.length === 0 && known.size > 0 };
}

/** Another severity, or a member that was not there before; members that are gone do not make it new. */
function isNew(old: Alert, alert: Alert): boolean {
  return old.severity !== alert.severity || Object.keys(alert.facts).some((name) => !Object.hasOwn(old.facts, name));
}

function isDue(old: StandingAlert, now: Instant, repeat: number): boolean {
  return old.alert.once !== true && now - old.lastSentAt >= repeat;
}

/** What ended comes last, whatever it was. */
function worstFirst(notifications: Notification[]): Notification[] {
  const rank = ({ status, alert }: Notification) =>
    status === 'cleared' ? 3 : isAtLeast(alert.severity, 'critical') ? 0 : isAtLeast(alert.severity, 'warning') ? 1 : 2;
  return notifications.sort((a, b) => rank(a) - rank(b));
}

const key = ({ code, subject }: Alert): string => `${code}\n${subject}`;
