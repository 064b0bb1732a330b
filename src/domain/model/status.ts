import type { Alert, StandingAlert } from '../alerts/alert.ts';
import type { Left } from '../restore/choose.ts';
import type { Instant } from './certificate.ts';
import type { Attempt, Blocker, Decision, Renewal } from './decision.ts';
import type { Finding, LoopbackCertificate, NodeFacts, ObservedCertificate, ServedCertificate } from './inventory.ts';
import type { CopyOutcome, Progress } from './journal.ts';
import type { Pause, Silence } from './orders.ts';
import type { RenewalPlan } from './plan.ts';

/** On the daemon's sockets, with instants as numbers. What -o json prints is version 2 (time/printed.ts), of every report. */
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
  /** node.site (as "site"), node.labels and alerts.labels: what distinguishes this node from others of the same name. */
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
  /** Renewals wait until a person's pause ends. Absent in what an earlier version answers. */
  pause?: Pause | null;
  /** Alerts that a person does not want to be sent. */
  silences?: Silence[];
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
  /** Of each certificate, but for CAs that are stored behind a leaf or in a kubeconfig: the CA itself is there. */
  decisions: Decision[];
};

export const BACKUPS_SCHEMA = 'certagent.backups/v1';
export const RESTORE_SCHEMA = 'certagent.restore/v1';

/** What `certagent restore -o json` prints: the backups on this node, the newest first. */
export type BackupsReport = { schema: typeof BACKUPS_SCHEMA; at: Instant; node: NodeFacts; backups: BackupSummary[] };

export type BackupSummary = {
  /** Of the plan that made it. */
  id: string;
  directory: string;
  /** null: it cannot be read. */
  createdAt: Instant | null;
  /** Paths of the certificates and kubeconfigs that it holds, with their expiry. */
  holds: { path: string; notAfter: Instant }[];
  /** Ids of the certificates that would be restored now. */
  restorable: string[];
  /** Why nothing would be; null: something would, or everything is as it was. */
  refusal: string | null;
};

/** What `certagent restore PLAN -o json` prints when it changes nothing: what would run, or why nothing would. */
export type RestoreReport = {
  schema: typeof RESTORE_SCHEMA;
  at: Instant;
  node: NodeFacts;
  /** Of the plan that made the backup. */
  backup: string;
  /** A plan that is under way: until it has ended, nothing else would run. */
  running: Progress | null;
  plan: RenewalPlan | null;
  blockers: Blocker[];
  /** Files that a restore leaves as they are, and why. */
  left: Left[];
  /** Certificates that are as they are in the backup. */
  unchanged: string[];
};

/** The plan whose backup is restored. */
export type RestoreRequest = { plan: string };

export type HistoryReport = { schema: typeof HISTORY_SCHEMA; attempts: Attempt[] };

/**
 * What a manual renewal asks for. `force`: also what is not due yet. `only`: these certificates, due or not; left out: all.
 * `accepts`: with `force`, seconds without quorum of etcd or beside a server that is not ready.
 */
export type RenewRequest = { force: boolean; only?: readonly string[]; accepts?: boolean };

/** An end, and why it is: what `certagent pause` asks for. */
export type PauseRequest = { until: Instant; reason: string };

/** `subject`: null means all alerts of this code. */
export type SilenceRequest = PauseRequest & Pick<Silence, 'code' | 'subject'>;

/** Whose plan is asked for: that of such a renewal. `enabled`: as if the mode were "renew". */
export type PlanRequest = RenewRequest & { enabled?: boolean };

/** What one delivery of a test alert came to. */
export type SinkResult = { sink: string; ok: boolean; detail: string; remedy?: string };

/** `at`: what the clock shows. `takenBack`: the later time that is no longer believed; null when there was none. */
export type ClockAccepted = { at: Instant; takenBack: Instant | null };
