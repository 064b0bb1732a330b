import { loadBook } from '../alert/book.ts';
import type { AlertService } from '../alert/service.ts';
import type { Config } from '../config/schema.ts';
import { coalesced } from '../control/coalesce.ts';
import type { StandingAlert } from '../domain/alerts/alert.ts';
import type { DecideRequest } from '../domain/decide/certificate-check.ts';
import type { Instant } from '../domain/model/certificate.ts';
import type { StatusReport } from '../domain/model/status.ts';
import { SECOND } from '../domain/time/duration.ts';
import type { Root } from '../host/root.ts';
import type { ObserveOptions } from '../observe/observe.ts';
import type { AgentState } from './agent-state.ts';
import { type newsOf, standingIn } from './alerting.ts';
import { clusterStatus } from './cluster-status.ts';
import type { Copies, CopiesRequest } from './copies-of-node.ts';
import { countErrors, metricsOf } from './metrics-text.ts';
import { statusReport } from './report.ts';
import { decideOn, type Observed, SCHEDULED, type View } from './view.ts';

/** Before the first check has ended, questions are answered from an observation that is at most this old. */
const FIRST_VIEW = 10 * SECOND;

export type Answering = {
  root: Root;
  now: () => Instant;
  state: Readonly<AgentState>;
  openedAlerts(): Promise<AlertService>;
  observe(request: DecideRequest, as: Config, detected: ObserveOptions['detected']): Promise<Observed>;
  withCopiesOf(view: View, as: Partial<CopiesRequest>): Promise<View>;
  syncCopies: Copies;
  /** The view with what the node waits for. */
  shown(view: View): View;
  /** What alerts rest on besides the view. */
  news(): ReturnType<typeof newsOf>;
};

/** What the agent answers without a check of its own: from the last one, and before the first from one observation. */
export function makeAnswers({
  root,
  now,
  state,
  openedAlerts,
  observe,
  withCopiesOf,
  syncCopies,
  shown,
  news,
}: Answering) {
  const firstView = coalesced(
    async (_configuration: number) => {
      const { config } = state;
      let begun: CopiesRequest['begun'];
      const observed = await observe(SCHEDULED, config, (node) => {
        begun = syncCopies.begin(config, node);
      });
      return withCopiesOf(decideOn(observed, SCHEDULED), { dryRun: true, remember: false, begun });
    },
    FIRST_VIEW,
    String,
  );
  const latest = async (): Promise<View> => shown(state.last ?? (await firstView(state.reloads)));

  /** Before the first cycle, after a reload, and without a daemon: what is so now, not what was so at the last check. */
  const standing = async (view: View): Promise<StandingAlert[]> => {
    const book = state.last === null ? (await loadBook(root)).book : (await openedAlerts()).standing();
    if (state.reported) return book;
    const failingSinks = state.alerts?.unreachable() ?? [];
    return standingIn({ view, failingSinks, renewing: state.running !== null, ...news() }, book);
  };

  const status = async (): Promise<StatusReport> => {
    const view = await latest();
    const active = await standing(view);
    const { config, orders, running, configError, nextCheckAt } = state;
    const failingSinks = state.alerts?.failing() ?? [];
    return statusReport({
      view,
      config,
      standing: active,
      failingSinks,
      running,
      orders: orders.now(),
      configError,
      nextCheckAt,
      at: now(),
    });
  };

  const cluster = async () => clusterStatus(root, state.config, await latest(), now());

  const metrics = async (): Promise<string> => {
    const report = await status();
    // Without a check there is one reading, that of this report.
    return metricsOf(report, state.last === null ? countErrors({}, report.findings) : state.readErrors);
  };

  return { latest, status, cluster, metrics };
}
