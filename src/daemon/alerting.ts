import type { AlertService, AlertServiceOptions } from '../alert/service.ts';
import { nodeLabels } from '../config/node-labels.ts';
import type { Alert, StandingAlert } from '../domain/alerts/alert.ts';
import { diffAlerts } from '../domain/alerts/diff.ts';
import { events, standingAlerts } from '../domain/alerts/standing.ts';
import type { Degraded } from '../domain/cluster/degraded.ts';
import type { ServingRequest } from '../domain/cluster/serving-requests.ts';
import { decide } from '../domain/decide/decide.ts';
import type { Attempt } from '../domain/model/decision.ts';
import type { PlanOutcome } from '../domain/model/journal.ts';
import type { Silence } from '../domain/model/orders.ts';
import { MINUTE } from '../domain/time/duration.ts';
import type { AgentOptions } from './agent-interface.ts';
import type { AgentState } from './agent-state.ts';
import type { NodeNews } from './node-news.ts';
import type { NodeTurn } from './node-turn.ts';
import type { View } from './view.ts';

export type News = {
  view: View;
  /** The renewal of this cycle, or the one found unfinished (`recovered`); null when there was none. */
  outcome: PlanOutcome | null;
  recovered: boolean;
  configError: string | null;
  modeMissing: boolean;
  silences: Silence[];
  coordination: Degraded | null;
  servingRequests: ServingRequest[];
  now: number;
};

/** What alerts rest on besides what a check has seen. */
export function newsOf(
  { configError, modeMissing, orders }: AgentState,
  turn: Pick<NodeTurn, 'degraded'>,
  { requests }: Pick<NodeNews, 'requests'>,
  now: number,
) {
  const { silences } = orders.now();
  return { configError, modeMissing, coordination: turn.degraded(), servingRequests: requests(), silences, now };
}

/** A check can be this late while a renewal runs. */
const PATIENCE = 30 * MINUTE;

/** What the alert service needs of an agent. */
export function alertOptions(
  state: AgentState,
  { root, now, log }: Pick<AgentOptions, 'root' | 'now' | 'log'>,
): AlertServiceOptions {
  const { config } = state;
  return {
    root,
    config: config.alerts,
    identity: { labels: nodeLabels(config), name: config.node.name },
    now,
    log,
    late: () => state.nextCheckAt !== null && now() > state.nextCheckAt + PATIENCE,
  };
}

/** Hands the state of the node and what happened to the alert service, which sends the difference to the previous state. */
export async function tell(alerts: AlertService, news: News, nodeNews: Pick<NodeNews, 'after'>): Promise<void> {
  const { view, outcome, recovered } = news;
  const happened = events({ outcome, recovered, copies: view.copies });
  const { name, distribution, role } = view.inventory.node;
  await alerts.report({
    node: { name, distribution, role },
    alerts: statesOf(news, alerts.standing(), alerts.unreachable()),
    events: happened,
    silences: news.silences,
  });
  nodeNews.after(view, alerts.standing(), happened, outcome?.planId ?? null);
}

/** What is active on a node that was only read; `before`: the book of the process that last reported. */
export function standingIn(
  news: Pick<News, 'view' | 'configError' | 'modeMissing' | 'coordination' | 'servingRequests' | 'silences' | 'now'> & {
    renewing: boolean;
    failingSinks: string[];
  },
  before: StandingAlert[],
): StandingAlert[] {
  const alerts = statesOf({ ...news, outcome: null }, before, news.failingSinks);
  const { now, silences } = news;
  return diffAlerts({ before, now, alerts, events: [], repeat: Number.POSITIVE_INFINITY, silences }).book;
}

function statesOf(
  {
    view,
    outcome,
    configError,
    modeMissing,
    coordination,
    servingRequests,
    now,
    renewing = false,
  }: Omit<News, 'recovered'> & { renewing?: boolean },
  before: StandingAlert[],
  failingSinks: string[],
): Alert[] {
  const { inventory, decisions, policy, history, copies } = view;
  const byHand = decide({ inventory, policy, history, now, request: { kind: 'manual', force: true } });
  return standingAlerts({
    inventory,
    decisions,
    onDemand: byHand.renewal,
    lastAttempt: attemptOf(history.attempts.at(-1) ?? null, outcome),
    copies,
    before: before.map(({ alert }) => alert),
    configError,
    modeMissing,
    coordination,
    servingRequests,
    failingSinks,
    renewing,
    now,
  });
}

/** A journal on a full disk does not hold how the plan finished. We know, and must report the failure. */
function attemptOf(last: Attempt | null, outcome: PlanOutcome | null): Attempt | null {
  if (last === null || last.planId !== outcome?.planId || last.result !== 'unfinished') return last;
  const { result, error } = outcome;
  return { ...last, result, error: error === null ? null : { code: error.code, message: error.message } };
}
