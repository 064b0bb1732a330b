// What every command prints with -o json, by the name of its schema: build/schemas.ts makes the schemas of these types.
import type { ConfigProblem } from '../src/config/load.ts';
import type { CodeExplanation } from '../src/domain/alerts/explain-code.ts';
import type { ClusterReport } from '../src/domain/cluster/cluster-report.ts';
import type { FleetReport } from '../src/domain/fleet/model.ts';
import type { UserAddReport } from '../src/domain/model/added-user.ts';
import type { Diagnosis } from '../src/domain/model/diagnosis.ts';
import type { CertificateExplanation } from '../src/domain/model/explanation.ts';
import type { CopyOutcome, PlanOutcome } from '../src/domain/model/journal.ts';
import type { Pause, Silence } from '../src/domain/model/orders.ts';
import type { RehearsalReport } from '../src/domain/model/rehearsal-report.ts';
import type { RenewReport } from '../src/domain/model/renew-report.ts';
import type { CsrReport, InstallReport } from '../src/domain/model/requests-report.ts';
import type {
  BackupsReport,
  ClockAccepted,
  HistoryReport,
  PlanReport,
  RestoreReport,
  SinkResult,
  StatusReport,
} from '../src/domain/model/status.ts';
import type { AttemptReport } from '../src/domain/plan/attempt-report.ts';

type Mode = StatusReport['mode'];

export type Outputs = {
  /** certagent status */
  status: StatusReport;
  /** certagent plan */
  plan: PlanReport;
  /** certagent plan --rehearse */
  rehearsal: RehearsalReport;
  /** certagent renew: one form, whatever happens */
  renew: RenewReport;
  /** certagent restore PLAN, install: how it ended, the plan where it is blocked, null where there was nothing to do */
  outcome: PlanOutcome | RestoreReport | InstallReport | null;
  /** certagent restore */
  backups: BackupsReport;
  /** certagent history */
  history: HistoryReport;
  /** certagent history PLAN */
  attempt: AttemptReport;
  /** certagent explain NAME */
  certificate: CertificateExplanation;
  /** certagent explain CODE; `active`: alerts of that code, null where no daemon says */
  code: CodeExplanation & { active: StatusReport['alerts'] | null };
  /** certagent explain: the names of the certificates */
  names: string[];
  /** certagent doctor */
  doctor: Diagnosis;
  /** certagent csr */
  requests: CsrReport;
  /** certagent user add */
  user: UserAddReport;
  /** certagent status --cluster */
  cluster: ClusterReport;
  /** certagent fleet */
  fleet: FleetReport;
  /** certagent sync */
  sync: CopyOutcome[];
  /** certagent config check */
  config: { schema: 'certagent.config/v1'; file: string; problems: ConfigProblem[]; warnings: ConfigProblem[] };
  /** certagent enable, certagent disable */
  mode: { mode: Mode; changed: boolean; reloaded?: boolean };
  /** certagent reload */
  reload: { reloaded: true; mode: Mode };
  /** certagent clock accept */
  clock: ClockAccepted;
  /** certagent alert test */
  sinks: SinkResult[];
  /** certagent alert silence */
  silence: Silence;
  /** certagent alert silences */
  silences: Silence[];
  /** certagent alert unsilence */
  unsilenced: Pick<Silence, 'code' | 'subject'>;
  /** certagent pause, certagent resume: the pause that began or ended; null: there was none */
  pause: Pause | null;
  /** certagent version */
  version: { version: string };
  /** Any command, on standard error, when it fails. */
  error: { error: { code: string; message: string; remedy: string | null } };
};
