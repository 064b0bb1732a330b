import type { AlertService } from '../alert/service.ts';
import type { Alert, StandingAlert } from '../domain/alerts/alert.ts';
import { diffAlerts } from '../domain/alerts/diff.ts';
import { events, standingAlerts } from '../domain/alerts/standing.ts';
import type { Degraded } from '../domain/cluster/degraded.ts';
import { decide } from '../domain/decide/decide.ts';
import type { Attempt } from '../domain/model/decision.ts';
import type { PlanOutcome } from '../domain/model/journal.ts';
import type { View } from './view.ts';

export type News = {
  view: View;
  /** The renewal of this cycle, or the one found unfinished (`recovered`); null when there was none. */
  outcome: PlanOutcome | null;
  recovered: boolean;
  configError: string | null;
  coordination: Degraded | null;
  now: number;
};

/** Hands the state of the node and what happened to the alert service, which sends the difference to the previous state. */
export async function tell(alerts: AlertService, news: News): Promise<void> {
  const { view, outcome, recovered } = news;
  const { name, distribution, role } = view.inventory.node;
  await alerts.report({
    node: { name, distribution, role },
    alerts: statesOf(news, alerts.standing(), alerts.unreachable()),
    events: events({ outcome, recovered, copies: view.copies }),
  });
}

/** What is active on a node that was only read; `before`: the book of the process that last reported. */
export function standingIn(
  news: Pick<News, 'view' | 'configError' | 'coordination' | 'now'> & { renewing: boolean; failingSinks: string[] },
  before: StandingAlert[],
): StandingAlert[] {
  const alerts = statesOf({ ...news, outcome: null }, before, news.failingSinks);
  return diffAlerts({ before, now: news.now, alerts, events: [], repeat: Number.POSITIVE_INFINITY }).book;
}

function statesOf(
  { view, outcome, configError, coordination, now, renewing = false }: Omit<News, 'recovered'> & { renewing?: boolean },
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
    coordination,
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
