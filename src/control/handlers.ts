import type { ClusterReport } from '../domain/cluster/cluster-report.ts';
import type { UserAddReport, UserAddRequest } from '../domain/model/added-user.ts';
import type { CertificateExplanation } from '../domain/model/explanation.ts';
import type { CopyOutcome, PlanOutcome, Progress } from '../domain/model/journal.ts';
import type { Pause, Silence } from '../domain/model/orders.ts';
import type { RehearsalReport } from '../domain/model/rehearsal-report.ts';
import type { CsrReport, CsrRequest, InstallReport, InstallRequest } from '../domain/model/requests-report.ts';
import type {
  BackupsReport,
  ClockAccepted,
  HistoryReport,
  PauseRequest,
  PlanReport,
  PlanRequest,
  RenewRequest,
  RestoreReport,
  RestoreRequest,
  SilenceRequest,
  SinkResult,
  StatusReport,
} from '../domain/model/status.ts';
import type { AttemptReport } from '../domain/plan/attempt-report.ts';

/**
 * What the sockets offer. The daemon implements it, and `remote` in client.ts is the same thing from the other side, so
 * that a command does not care whether it talks to the daemon or to an agent in its own process.
 */
export type ControlHandlers = {
  /** From the last check; nothing on the node is read for it. */
  status(): Promise<StatusReport>;
  /** Every node of the cluster: the API is asked for it. Throws CertagentError CLUSTER_UNSEEN. */
  cluster(): Promise<ClusterReport>;
  /** What the schedule would carry out now; with a request, what `renew` would carry out for it. */
  plan(request?: PlanRequest): Promise<PlanReport>;
  history(): Promise<HistoryReport>;
  /** One renewal, step by step. Throws CertagentError PLAN_UNKNOWN. */
  attempt(request: { plan: string }): Promise<AttemptReport>;
  /** Why a certificate is renewed when it is, from the last check. Throws CertagentError CERTIFICATE_UNKNOWN. */
  explain(request: { name: string }): Promise<CertificateExplanation>;
  /** Prometheus text. */
  metrics(): Promise<string>;
  /** Checks the node and returns what it found. */
  check(): Promise<StatusReport>;
  /** null: there was nothing to renew. Throws CertagentError RENEWAL_BLOCKED when something forbids it. */
  renew(request: RenewRequest, progress: (progress: Progress) => void): Promise<PlanOutcome | null>;
  /** The backups on this node, and whether they could be restored now. */
  backups(): Promise<BackupsReport>;
  /** What `restore` would carry out. Throws CertagentError BACKUP_UNKNOWN. */
  restorePlan(request: RestoreRequest): Promise<RestoreReport>;
  /** null: everything is as it was. Throws CertagentError BACKUP_UNKNOWN, or RENEWAL_BLOCKED when something forbids it. */
  restore(request: RestoreRequest, progress: (progress: Progress) => void): Promise<PlanOutcome | null>;
  /** Writes requests to a CA elsewhere, and gives all that wait. Throws CertagentError CSR_REFUSED. */
  csr(request: CsrRequest): Promise<CsrReport>;
  /** What `install` would carry out. */
  installPlan(request: InstallRequest): Promise<InstallReport>;
  /** null: nothing is answered. Throws CertagentError INSTALL_REFUSED or RENEWAL_BLOCKED; then nothing has changed. */
  install(request: InstallRequest, progress: (progress: Progress) => void): Promise<PlanOutcome | null>;
  /** Requests a user's certificate, and writes it when it is signed. Throws CertagentError USER_REFUSED. */
  addUser(request: UserAddRequest): Promise<UserAddReport>;
  /** Tries on copies what `renew` would do for the request; nothing of the node is changed. */
  rehearse(request: RenewRequest, progress: (progress: Progress) => void): Promise<RehearsalReport>;
  /** Throws CertagentError when the configuration is refused; the previous one stays in use. */
  /** `adopt`: node path of a copy with an older certificate that is to be brought up to date from now on. */
  sync(options: { dryRun: boolean; adopt?: string }): Promise<CopyOutcome[]>;
  reload(): Promise<void>;
  /** Believes the clock as it is now, whatever it showed before. */
  acceptClock(): Promise<ClockAccepted>;
  testAlerts(): Promise<SinkResult[]>;
  /** Throws CertagentError USAGE when there is no such alert, or the end has passed. */
  silence(request: SilenceRequest): Promise<Silence>;
  /** Throws CertagentError NO_SILENCE. */
  unsilence(about: Pick<Silence, 'code' | 'subject'>): Promise<void>;
  /** No renewal starts until then. One that runs goes on. */
  pause(request: PauseRequest): Promise<Pause>;
  /** null: nothing was paused. */
  resume(): Promise<Pause | null>;
};
