import type { Instant } from '../model/certificate.ts';
import type { Silence } from '../model/orders.ts';
import type { Alert, AlertEvent, LastSent, Notification, StandingAlert } from './alert.ts';
import { explanationOf, holdOffOf } from './explain.ts';
import { isAtLeast, isWorse, type Severity, worstOf } from './severity.ts';
import { silenceOf } from './silence.ts';

export type AlertDiffInput = {
  /** What was active after the previous cycle. */
  before: StandingAlert[];
  now: Instant;
  /** What is active now. */
  alerts: Alert[];
  events: AlertEvent[];
  /** Milliseconds after which an active alert is sent again. */
  repeat: number;
  /** What a person does not want to be sent. */
  silences?: Silence[];
};

export type AlertDiff = {
  /** To be remembered until the next cycle. */
  book: StandingAlert[];
  /** Worst first; empty when there is nothing to send. */
  notifications: Notification[];
  /** The last active alert cleared in this cycle. */
  allClear: boolean;
};

/**
 * Compares two states: what began, what changed (another severity, a further member), what was active for `repeat` without
 * a message, what cleared. The same state twice sends nothing.
 *
 * What another alert explains, or what has not persisted for its hold-off, is held back: it is in the book, and
 * so in the status, but not sent; so is what a person has silenced. What gets worse is sent at once, but where a silence covers that, too. Only what was sent is ever repeated or cleared.
 */
export function diffAlerts({ before, now, alerts, events, repeat, silences = [] }: AlertDiffInput): AlertDiff {
  const known = new Map(before.map((standing) => [key(standing.alert), standing]));
  const active = new Map(alerts.map((alert) => [key(alert), alert]));
  const all = [...active.values()];
  const book: StandingAlert[] = [];
  const notifications: Notification[] = [];

  for (const [id, alert] of active) {
    const next = follow(known.get(id), alert, { now, repeat, all, silences });
    book.push(next.standing);
    if (next.notification !== null) notifications.push(next.notification);
  }
  for (const [id, old] of known) {
    const sent = lastSent(old);
    if (active.has(id) || sent === null) continue;
    notifications.push({ status: 'cleared', alert: old.alert, since: old.since, worst: worstSent(old), sent });
  }
  const cleared = notifications.length > 0 && notifications.every(({ status }) => status === 'cleared');
  for (const alert of events) notifications.push({ status: 'event', alert, since: now });

  return { book, notifications: worstFirst(notifications), allClear: book.length === 0 && cleared };
}

type Around = { now: Instant; repeat: number; all: Alert[]; silences: Silence[] };

/** One active alert: what is remembered of it, and the message about it, if any. */
function follow(
  old: StandingAlert | undefined,
  alert: Alert,
  { now, repeat, all, silences }: Around,
): { standing: StandingAlert; notification: Notification | null } {
  // A clock set back must not silence an alert, or hold it off, for as long as it had run ahead.
  const since = Math.min(old?.since ?? now, now);
  const explainedBy = explanationOf(alert, all);
  const heldUntil = since + holdOffOf(alert);
  const lastSentAt = old?.lastSentAt ?? null;
  const isSent = lastSentAt !== null;
  const changed = isSent && (old?.changed === true || isNew(old!.alert, alert));
  const silence = silenceOf(alert, silences, now);
  const keptBack = silence !== null || explainedBy !== null || (!isSent && now < heldUntil);
  const isWorseNow = old !== undefined && isWorse(alert.severity, old.alert.severity);
  const isRaised = (isWorseNow && silence === null) || (!keptBack && (!isSent || changed));
  const isRepeated = isSent && !keptBack && isDue(alert, lastSentAt, now, repeat);
  const status = isRaised ? 'raised' : isRepeated ? 'repeated' : null;
  const marks = {
    ...(explainedBy === null ? {} : { explainedBy }),
    ...(silence === null ? {} : { silencedUntil: silence.until }),
    ...(status === null && !isSent && now < heldUntil ? { heldUntil } : {}),
  };
  const sent = old === undefined ? null : lastSent(old);
  if (status === null) {
    const standing = { alert, since, lastSentAt: isSent ? Math.min(lastSentAt, now) : null, ...marks };
    const kept = sent === null ? {} : { sent, worst: worstSent(old!), ...(changed ? { changed } : {}) };
    return { standing: { ...standing, ...kept }, notification: null };
  }
  const worst = worstOf(sent === null ? undefined : worstSent(old!), alert.severity);
  return {
    standing: { alert, since, lastSentAt: now, worst, sent: { severity: alert.severity, worst }, ...marks },
    notification: { status, alert, since, worst, sent },
  };
}

/** An earlier version wrote down only what was sent: its severity is that of the alert. */
export function lastSent(old: StandingAlert): LastSent | null {
  if (old.lastSentAt === null) return null;
  return old.sent ?? { severity: old.alert.severity, worst: worstSent(old) };
}

const worstSent = ({ worst, alert }: StandingAlert): Severity => worst ?? alert.severity;

/** Another severity, or a member that was not there before; members that are gone do not make it new. */
function isNew(old: Alert, alert: Alert): boolean {
  return old.severity !== alert.severity || Object.keys(alert.facts).some((name) => !Object.hasOwn(old.facts, name));
}

function isDue(alert: Alert, lastSentAt: Instant, now: Instant, repeat: number): boolean {
  return alert.once !== true && now - lastSentAt >= repeat;
}

/** What cleared comes last, whatever it was. */
function worstFirst(notifications: Notification[]): Notification[] {
  const rank = ({ status, alert }: Notification) =>
    status === 'cleared' ? 3 : isAtLeast(alert.severity, 'critical') ? 0 : isAtLeast(alert.severity, 'warning') ? 1 : 2;
  return notifications.sort((a, b) => rank(a) - rank(b));
}

const key = ({ code, subject }: Alert): string => `${code}\n${subject}`;
