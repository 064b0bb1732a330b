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
import { planIdAt } from '../domain/plan/plan-id.ts';
import { makePlan } from '../domain/plan/planner.ts';
import { clockDoubt } from '../domain/time/clock-doubt.ts';
import type { Root } from '../host/root.ts';
import { type ObserveOptions, observe } from '../observe/observe.ts';
import type { Journal } from '../renew/journal/journal-file.ts';
import type { ClockMemory } from './clock-memory.ts';
import { planSettingsOf, policyOf } from './node-policy.ts';

export const SCHEDULED: DecideRequest = { kind: 'schedule' };

/** Everything that a decision rests on, at one moment. */
export type Observed = { inventory: Inventory; history: History; policy: Policy };

/** What certagent knows of the node after it decided. `copies`: what sync found or did; empty before it ran. */
export type View = Observed & { decisions: Decisions; copies: CopyOutcome[] };

export type Eyes = { root: Root; config: Config; journal: Journal; clock: ClockMemory; now: () => Instant };

/** Reads the node and the journal. Changes nothing. `request`: a person who asks for a renewal can vouch for the clock. */
export async function observeNode(
  { root, config, journal, clock, now }: Eyes,
  request: DecideRequest,
  detected?: ObserveOptions['detected'],
): Promise<Observed> {
  const observed = await observe({ root, config, now: now(), detected });
  const records = await journal.records();
  const evidence = await clock.evidence(observed.takenAt, records);
  const requireSynchronized = config.clock.require_synchronized;
  const vouchedFor = request.kind === 'manual' && !requireSynchronized;
  const doubt = clockDoubt(observed, { ...evidence, requireSynchronized, vouchedFor });
  const inventory = { ...observed, clock: { ...observed.clock, doubt } };
  return { inventory, history: historyOf(records), policy: policyOf(config, inventory.node) };
}

export function decideOn(observed: Observed, request: DecideRequest): View {
  const decisions = decide({ ...observed, now: observed.inventory.takenAt, request });
  return { ...observed, decisions, copies: [] };
}

/** The same view with users' copies in it: processes that run as the users read these, `observe` does not. */
export function withCopiesIn(view: View, copies: CopyOutcome[]): View {
  const inventory = withCopies(view.inventory, copies);
  return { ...decideOn({ ...view, inventory }, SCHEDULED), copies };
}

/** The plan of a view, complete; null when nothing is to be renewed now. */
export function planOf({ inventory, decisions, history }: View, config: Config): RenewalPlan | null {
  const now = inventory.takenAt;
  return makePlan({
    inventory,
    decisions,
    history,
    settings: planSettingsOf(config),
    planId: planIdAt(now, history),
    now,
  });
}

/** The answer to somebody who asked for a renewal that is blocked. */
export function blocked({ blockers }: Extract<Renewal, { kind: 'blocked' }>): CertagentError {
  return new CertagentError('RENEWAL_BLOCKED', `nothing was changed: ${blockers.map(({ why }) => why).join('; ')}`, {
    remedy: blockers.map(({ remedy }) => remedy).join(' '),
  });
}
