import type { Instant } from '../model/certificate.ts';
import type { AlertCode } from './catalogue.ts';
import type { Severity } from './severity.ts';

export { isAtLeast, type Severity, worstOf } from './severity.ts';

/** One state of the node that a person should know of. `code` and `subject` together identify it. */
export type Alert = {
  code: AlertCode;
  severity: Severity;
  /** Certificate id, path or component it is about; "node" when it is about the node. */
  subject: string;
  /** One sentence: what is so. */
  text: string;
  /** What to do; empty where there is nothing to do. */
  remedy: string;
  /**
   * Facts such as expiry dates, for the table in an email. The names are its members: one that is new makes
   * the alert new, a value may change unnoticed.
   */
  facts: Record<string, string>;
  /** Sent when it is raised, when it changes and when it clears, and not again in between: it lasts for months. */
  once?: true;
  /** Milliseconds for which it must persist before it is sent, where that is not what the catalogue says. */
  holdOff?: number;
  /** Names of what it follows from, where these are not its members. */
  restsOn?: string[];
};

/** An event is sent once and is never active ("renewed", "copies updated"). */
export type AlertEvent = Alert;

/**
 * The severity with which an alert was last sent, and the worst it had been sent with by then: a sink that wants warnings
 * has seen an "info" only when something worse had come before it.
 */
export type LastSent = { severity: Severity; worst: Severity };

/** What is remembered of an active alert between cycles. */
export type StandingAlert = {
  alert: Alert;
  /** When it was first found, whether or not it was sent. */
  since: Instant;
  /** null: it was not sent yet. */
  lastSentAt: Instant | null;
  /** The greatest severity it was sent with. */
  worst?: Severity;
  /** Absent in what an earlier version wrote. */
  sent?: LastSent;
  /** It has changed since it was last sent, and was kept back. */
  changed?: true;
  /** The active alert that explains it: it is not sent while this does. */
  explainedBy?: AlertCode;
  /** A person has silenced it until then. */
  silencedUntil?: Instant;
  /** It is not sent before this moment: it may pass by itself. */
  heldUntil?: Instant;
};

/** One message to the sinks. `status`: it began, it is still active, it cleared, or it is an event. */
export type Notification = {
  status: 'raised' | 'repeated' | 'cleared' | 'event';
  alert: Alert;
  since: Instant;
  /** The greatest severity it was sent with: who was sent that is sent what became of it. */
  worst?: Severity;
  /** How it was last sent before this message; null: it was not. Absent in what an earlier version wrote. */
  sent?: LastSent | null;
};

/** The node that an alert is about. */
export type AlertNode = {
  name: string;
  distribution: string | null;
  role: string | null;
  /** A hash of its machine-id: another node can have the same name. Absent: it has none, or an earlier version wrote this. */
  machine?: string;
  /** What the operator added: node.site, node.labels, alerts.labels. */
  labels?: Record<string, string>;
};

/** What one cycle hands to every sink. */
export type Dispatch = {
  id: string;
  at: Instant;
  node: AlertNode;
  notifications: Notification[];
  /** No alert is active any more. */
  allClear: boolean;
  /** Address below which the operator keeps the runbooks (alerts.runbooks); absent or empty: they are on the node. */
  runbooks?: string;
  /** How many dispatches this one sums up, where a sink could not be reached for long. */
  merged?: number;
};
