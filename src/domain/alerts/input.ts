import type { Instant } from '../model/certificate.ts';
import type { Attempt, Decision, Decisions } from '../model/decision.ts';
import type { Inventory, ObservedCertificate } from '../model/inventory.ts';
import type { CopyOutcome } from '../model/journal.ts';
import type { Alert, Severity } from './alert.ts';

/** The state of a node, as far as alerts are made of it. */
export type AlertInput = {
  inventory: Inventory;
  decisions: Decisions;
  lastAttempt: Attempt | null;
  copies: CopyOutcome[];
  /** What stood after the cycle before. */
  before: Alert[];
  /** Why the configuration was refused at the last reload; null when it was taken. */
  configError: string | null;
  /** Names of sinks that do not accept alerts. */
  failingSinks: string[];
  now: Instant;
};

/** A certificate with what was decided about it. */
export type Judged = { observed: ObservedCertificate; decision: Decision };

export function judged({ inventory, decisions }: AlertInput): Judged[] {
  const byId = new Map(decisions.certificates.map((decision) => [decision.id, decision]));
  return inventory.certificates.flatMap((observed) => {
    const decision = byId.get(observed.id);
    return decision === undefined ? [] : [{ observed, decision }];
  });
}

/** A CA: one of the node's own, or one that follows a leaf in its file. */
export const isAuthority = ({ owner, certificate }: ObservedCertificate): boolean =>
  owner === 'cluster-ca' || certificate.isCa;

/** A row of the alert's table: its name identifies it, its value may change with every cycle. */
export type Member = [name: string, value: string];

/** One alert about all its members, or none where there are none: nobody wants a message for each of 14 certificates. */
export function grouped(
  members: Member[],
  alert: { code: string; severity: Severity; subject?: string; text: string; remedy: string; once?: boolean },
): Alert[] {
  if (members.length === 0) return [];
  const { code, severity, subject = 'node', text, remedy, once } = alert;
  const facts = Object.fromEntries(members);
  return [{ code, severity, subject, text, remedy, facts, ...(once === true ? { once: true as const } : {}) }];
}
