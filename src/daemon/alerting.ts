import type { AlertService } from '../alert/service.ts';
import type { Alert, StandingAlert } from '../domain/alerts/alert.ts';
import { events, standingAlerts } from '../domain/alerts/catalogue.ts';
import { diffAlerts } from '../domain/alerts/diff.ts';
import type { Attempt } from '../domain/model/decision.ts';
import type { PlanOutcome } from '../domain/model/journal.ts';
import type { View } from './view.ts';

export type News = {
  view: View;
  /** The renewal of this cycle, or the one found unfinished (`recovered`); null when there was none. */
  outcome: PlanOutcome | null;
  recovered: boolean;
  configError: string | null;
  now: number;
};

/** Hands the state of the node and what happened to the alerts, which send the difference to the state before. */
export async function tell(alerts: AlertService, news: News): Promise<void> {
  const { view, outcome, recovered } = news;
  const { name, distribution, role } = view.inventory.node;
  await alerts.report({
    node: { name, distribution, role },
    alerts: statesOf(news, alerts.standing(), alerts.failing()),
    events: events({ outcome, recovered, copies: view.copies }),
  });
}

/** What stands on a node that is only looked at; `before`: the book of whoever looked and told last. */
export function standingIn(view: View, before: StandingAlert[], now: number): StandingAlert[] {
  const alerts = statesOf({ view, outcome: null, configError: null, now }, before, []);
  return diffAlerts({ before, now, alerts, events: [], repeat: Number.POSITIVE_INFINITY }).book;
}

function statesOf(
  { view, outcome, configError, now }: Omit<News, 'recovered'>,
  before: StandingAlert[],
  failingSinks: string[],
): Alert[] {
  const { inventory, decisions, history, copies } = view;
  const lastAttempt = attemptOf(history.attempts.at(-1) ?? null, outcome);
  return standingAlerts({
    inventory,
    decisions,
    lastAttempt,
    copies,
    before: before.map(({ alert }) => alert),
    configError,
    failingSinks,
    now,
  });
}

/** A journal on a full disk does not know how the plan ended. We do, and a failure must not stay untold for it. */
function attemptOf(last: Attempt | null, outcome: PlanOutcome | null): Attempt | null {
  if (last === null || last.planId !== outcome?.planId || last.result !== 'unfinished') return last;
  const { result, error } = outcome;
  return { ...last, result, error: error === null ? null : { code: error.code, message: error.message } };
}
