import type { AlertService } from '../alert/service.ts';
import { events, standingAlerts } from '../domain/alertCatalogue.ts';
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
  const lastAttempt = history.attempts.at(-1) ?? null;
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
