import type { StandingAlert } from '../alerts/alert.ts';
import type { ReasonCode } from '../decide/reasons.ts';
import type { Maintenance } from '../time/windows.ts';
import type { Instant } from './certificate.ts';
import type { ComponentHealth } from './component-health.ts';
import type { Attempt, Blocker, Decision, MaintenanceWindow, Policy, Renewal } from './decision.ts';
import type { ClockTrust, Hazard, NodeFacts, ObservedCertificate, ServedCertificate } from './inventory.ts';
import type { Pause, Silence } from './orders.ts';

export const EXPLAIN_SCHEMA = 'certagent.explain/v1';

/** What `certagent explain NAME -o json` prints: everything that the decision on one certificate rests on. */
export type CertificateExplanation = {
  schema: typeof EXPLAIN_SCHEMA;
  /** When the node was read. */
  at: Instant;
  node: NodeFacts;
  certificate: ObservedCertificate;
  decision: Decision;
  /** The rules that were asked, in their order. The last one decided where `decides` is true; else none did, and it is kept. */
  rules: { code: ReasonCode; meaning: string; decides: boolean }[];
  timing: Timing;
  /** What would prevent its renewal now. Empty also where this node's tool does not renew it. */
  blockers: Blocker[];
  /** Why a restart of the node's unit would do harm. */
  hazards: Hazard[];
  restart: Restart;
  /**
   * With renew.k3s = "in-place": why its renewal restarts the unit all the same; null: no restart is needed. `byNode`: the running node renews
   * it by itself. Left out: that is not configured, or certagent does not renew it.
   */
  inPlace?: { restart: string | null; byNode?: true };
  /** Of the kubelet, whose requests the cluster's own signer does not sign: the key of the CA is not on this node. */
  signedElsewhere?: true;
  /** The servers that should serve it, and what they serve. */
  served: ServedCertificate[];
  /** What must load it; null: nothing that certagent knows. `onlyAtStart`: it reads it at its start alone. */
  component: { health: ComponentHealth; onlyAtStart: boolean } | null;
  mode: Policy['mode'];
  pause: Pause | null;
  clock: ClockTrust;
  /** Of the whole node. */
  renewal: Renewal;
  /** The last attempt that renewed it; null: none that the journal knows. */
  lastRenewed: Attempt | null;
  /** The last attempt of this node. */
  lastAttempt: Attempt | null;
  /** Active alerts about it. */
  alerts: StandingAlert[];
  silences: Silence[];
};

export type Timing = {
  /** Milliseconds before expiry from which it is renewed, and from which it is urgent: for this certificate. */
  opens: number;
  urgent: number;
  /** As configured. */
  configured: { opens: number; urgent: number };
  /** The next maintenance window at or after the moment at which its renewal window opens, with this node's own moment in it; null: there is none. */
  maintenance: { window: MaintenanceWindow; next: Maintenance | null };
  /** Until then no automatic attempt is allowed after failures; null: one is. */
  backOffUntil: Instant | null;
  /** When the schedule renews it, if nothing prevents that; null: this node's tool does not renew it. */
  moment: Instant | null;
};

/** What a restart of the node's unit does to it. `from`: since when one renews it; null where none does. */
export type Restart = { unit: string | null; always: boolean; from: Instant | null };
