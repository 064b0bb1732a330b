import type { AlertService } from '../alert/service.ts';
import { events, standingAlerts } from '../domain/alertCatalogue.ts';
import type { Attempt } from '../domain/decision.ts';
import type { PlanOutcome } from '../domain/journal.ts';
import type { View } from './look.ts';

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
  const { view, outcome, recovered, configError, now } = news;
  const { inventory, decisions, history, copies } = view;
  const { name, distribution, role } = inventory.node;
  const lastAttempt = attemptOf(history.attempts.at(-1) ?? null, outcome);
  await alerts.report({
    node: { name, distribution, role },
    alerts: standingAlerts({
      inventory,
      decisions,
      lastAttempt,
      copies,
      before: alerts.standing().map(({ alert }) => alert),
      configError,
      failingSinks: alerts.failing(),
      now,
    }),
    events: events({ outcome, recovered, copies }),
  });
}

/** A journal on a full disk does not know how the plan ended. We do, and a failure must not stay untold for it. */
function attemptOf(last: Attempt | null, outcome: PlanOutcome | null): Attempt | null {
  if (last === null || last.planId !== outcome?.planId || last.result !== 'unfinished') return last;
  const { result, error } = outcome;
  return { ...last, result, error: error === null ? null : { code: error.code, message: error.message } };
}
