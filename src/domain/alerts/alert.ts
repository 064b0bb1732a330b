import type { Instant } from '../model/certificate.ts';

export type Severity = 'info' | 'warning' | 'critical';

/** One state of the node that a person should know of. `code` and `subject` together identify it. */
export type Alert = {
  code: string;
  severity: Severity;
  /** Certificate id, path or component it is about; "node" when it is about the node. */
  subject: string;
  /** One sentence: what is so. */
  text: string;
  /** What to do; empty where there is nothing to do. */
  remedy: string;
  /**
   * Ends of certificates and the like, for the table in an email. The names are its members: one that is new makes the
   * alert new, a value may change unnoticed.
   */
  facts: Record<string, string>;
  /** Told when it begins, changes and ends, and not again in between: it stands for months. */
  once?: true;
};

/** An event tells once and does not stand ("renewed", "copies brought up to date"). */
export type AlertEvent = Alert;

/** What is remembered of a standing alert between cycles. `worst`: the greatest severity it was told with. */
export type StandingAlert = { alert: Alert; since: Instant; lastSentAt: Instant; worst?: Severity };

/** One message to the sinks. `status`: it began, it still stands, it ended, or it is an event. */
export type Notification = {
  status: 'raised' | 'repeated' | 'cleared' | 'event';
  alert: Alert;
  since: Instant;
  /** The greatest severity this alert was told with before: whoever was told of it is told of what became of it. */
  worst?: Severity;
};

/** What one cycle hands to every sink. */
export type Dispatch = {
  id: string;
  at: Instant;
  node: { name: string; distribution: string | null; role: string | null };
  notifications: Notification[];
  /** No alert stands any more. */
  allClear: boolean;
  /** How many dispatches this one sums up, where a sink was not reached for long. */
  merged?: number;
};

const RANK: Record<Severity, number> = { info: 0, warning: 1, critical: 2 };

export function isAtLeast(severity: Severity, least: Severity): boolean {
  return RANK[severity] >= RANK[least];
}

export function worstOf(...severities: (Severity | undefined)[]): Severity {
  return severities.reduce<Severity>(
    (worst, each) => (each !== undefined && isAtLeast(each, worst) ? each : worst),
    'info',
  );
}
