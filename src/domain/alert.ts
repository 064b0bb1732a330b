import type { Instant } from './certificate.ts';

export type Severity = 'info' | 'warning' | 'critical';

/** One state of the node that a person should know of. `code` and `subject` together identify it. */
export type Alert = {
  code: string;
  severity: Severity;
  /** Certificate id, path or component it is about; "node" when it is about the node. */
  subject: string;
  /** One sentence: what is so. */
  text: string;
  /** One sentence: what to do. */
  remedy: string;
  /** Ends of certificates and the like, for the table in an email. */
  facts: Record<string, string>;
};

/** An event tells once and does not stand ("renewed", "copies brought up to date"). */
export type AlertEvent = Alert;

/** What is remembered of a standing alert between cycles. */
export type StandingAlert = { alert: Alert; since: Instant; lastSentAt: Instant };

/** One message to the sinks. `status`: it began, it still stands, it ended, or it is an event. */
export type Notification = {
  status: 'raised' | 'repeated' | 'cleared' | 'event';
  alert: Alert;
  since: Instant;
};

/** What one cycle hands to every sink. */
export type Dispatch = {
  id: string;
  at: Instant;
  node: { name: string; distribution: string | null; role: string | null };
  notifications: Notification[];
  /** No alert stands any more. */
  allClear: boolean;
};
