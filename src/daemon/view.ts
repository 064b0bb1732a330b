import type { Config } from '../config/schema.ts';
import type { DecideRequest } from '../domain/decide/certificate-check.ts';
import { decide } from '../domain/decide/decide.ts';
import { historyOf } from '../domain/decide/history-of.ts';
import { withCopies } from '../domain/decide/with-copies.ts';
import type { Instant } from '../domain/model/certificate.ts';
import type { Decisions, History, Policy, Renewal } from '../domain/model/decision.ts';
import { CertagentError } from '../domain/model/errors.ts';
import type { Inventory } from '../domain/model/inventory.ts';
import type { CopyOutcome } from '../domain/model/journal.ts';
import type { RenewalPlan } from '../domain/model/plan.ts';
import { makePlan } from '../domain/plan/planner.ts';
import { clockDoubt } from '../domain/time/clock-doubt.ts';
import type { Root } from '../host/root.ts';
import { observe } from '../observe/observe.ts';
import type { Journal } from '../renew/journal/journal-file.ts';
import type { ClockMemory } from './clock-memory.ts';
import { planSettingsOf, policyOf } from './node-policy.ts';

/** What one look at the node came to: observe and decide, nothing changed. */
export type View = {
  inventory: Inventory;
  history: History;
  policy: Policy;
  decisions: Decisions;
  /** What sync found, or did, last; empty before it was asked. */
  copies: CopyOutcome[];
};

export type Eyes = { root: Root; config: Config; journal: Journal; clock: ClockMemory; now: () => Instant };

export async function look(eyes: Eyes, request: DecideRequest): Promise<View> {
  const observed = await observe({ root: eyes.root, config: eyes.config, now: eyes.now() });
  const records = await eyes.journal.records();
  const { require_synchronized: requireSynchronized } = eyes.config.clock;
  const doubt = clockDoubt(observed, {
    ...(await eyes.clock.evidence(observed.takenAt, records)),
    requireSynchronized,
    vouchedFor: request.kind === 'manual' && !requireSynchronized,
  });
  const inventory = { ...observed, clock: { ...observed.clock, doubt } };
  const history = historyOf(records);
  const policy = policyOf(eyes.config, inventory.node);
  const decisions = decide({ inventory, policy, history, now: inventory.takenAt, request });
  return { inventory, history, policy, decisions, copies: [] };
}

/** The same view with users' copies in it, which `look` leaves to the processes that run as the users. */
export function withCopiesIn(view: View, copies: CopyOutcome[]): View {
  const inventory = withCopies(view.inventory, copies);
  const { policy, history } = view;
  const decisions = decide({ inventory, policy, history, now: inventory.takenAt, request: { kind: 'schedule' } });
  return { ...view, inventory, decisions, copies };
}

/** The plan of a view, complete; null when nothing is to be renewed now. */
export function planOf(view: View, config: Config): RenewalPlan | null {
  const now = view.inventory.takenAt;
  return makePlan({
    inventory: view.inventory,
    decisions: view.decisions,
    settings: planSettingsOf(config),
    // Sorts by time, reads as a time, and names the backup's directory.
    planId: new Date(now).toISOString().replace(/[-:]|\.\d+/g, ''),
    now,
  });
}

/** What a person who asked for a renewal is told when it is blocked. */
export function blocked({ blockers }: Extract<Renewal, { kind: 'blocked' }>): CertagentError {
  return new CertagentError('RENEWAL_BLOCKED', `nothing was touched: ${blockers.map(({ why }) => why).join('; ')}`, {
    remedy: blockers.map(({ remedy }) => remedy).join(' '),
  });
}
