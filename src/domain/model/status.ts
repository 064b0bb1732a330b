import type { Alert, StandingAlert } from '../alerts/alert.ts';
import type { Instant } from './certificate.ts';
import type { Attempt, Decision, Renewal } from './decision.ts';
import type { Finding, LoopbackCertificate, NodeFacts, ObservedCertificate, ServedCertificate } from './inventory.ts';
import type { CopyOutcome, Progress } from './journal.ts';
import type { RenewalPlan } from './plan.ts';

export const STATUS_SCHEMA = 'certagent.status/v1';

/** One row of `certagent status`: a certificate and what happens next with it. */
export type StatusRow = ObservedCertificate & { decision: Decision };

/** What `certagent status -o json` prints, whether the daemon or the node itself was asked. */
export type StatusReport = {
  schema: typeof STATUS_SCHEMA;
  /** When it was asked; remaining times count from here. */
  at: Instant;
  /** When the node was last read. */
  checkedAt: Instant;
  /** daemon: from its last cycle; node: read on the spot because no daemon answered. */
  source: 'daemon' | 'node';
  version: string;
  mode: 'renew' | 'observe';
  node: NodeFacts;
  /** alerts.labels of the configuration: what distinguishes this node from others of the same name. */
  labels: Record<string, string>;
  /** Most urgent first. */
  certificates: StatusRow[];
  findings: Finding[];
  served: ServedCertificate[];
  /** Of the kube-apiserver of a static pod; absent: there is none, or nothing is known of it. */
  loopback?: LoopbackCertificate;
  renewal: Renewal;
  /** The plan being carried out, where one is. */
  running: Progress | null;
  lastAttempt: Attempt | null;
  alerts: (StandingAlert | { alert: Alert; since: null; lastSentAt: null })[];
  copies: CopyOutcome[];
  nextCheckAt: Instant | null;
  /** Set when the running daemon's configuration was refused at the last reload. */
  configError: string | null;
  /** Sinks that do not accept alerts now. */
  failingSinks: string[];
};

export const PLAN_SCHEMA = 'certagent.plan/v1';
export const HISTORY_SCHEMA = 'certagent.history/v1';

/** What `certagent plan -o json` prints: exactly what would run, or why nothing would. */
export type PlanReport = {
  schema: typeof PLAN_SCHEMA;
  at: Instant;
  node: NodeFacts;
  renewal: Renewal;
  /** A renewal that is under way: until it has ended, nothing else would run. */
  running: Progress | null;
  /** null when nothing would be renewed now. */
  plan: RenewalPlan | null;
  decisions: Decision[];
};

export type HistoryReport = { schema: typeof HISTORY_SCHEMA; attempts: Attempt[] };

/**
 * What a manual renewal asks for. `force`: also what is not due yet. `accepts`: with it, seconds without quorum of etcd or beside
 * a server that is not ready.
 */
export type RenewRequest = { force: boolean; accepts?: boolean };

/** Whose plan is asked for: that of such a renewal. `enabled`: as if the mode were "renew". */
export type PlanRequest = RenewRequest & { enabled?: boolean };

/** What one delivery of a test alert came to. */
export type SinkResult = { sink: string; ok: boolean; detail: string };

/** `at`: what the clock shows. `takenBack`: the later time that is no longer believed; null when there was none. */
export type ClockAccepted = { at: Instant; takenBack: Instant | null };
