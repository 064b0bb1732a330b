import { diffAlerts } from '../../src/domain/alerts/diff.ts';
import { events, standingAlerts } from '../../src/domain/alerts/standing.ts';
import { agentTurn } from '../../src/domain/cluster/agents.ts';
import { disruptionOf } from '../../src/domain/cluster/disruption.ts';
import { POLL } from '../../src/domain/cluster/turn.ts';
import { decide } from '../../src/domain/decide/decide.ts';
import type { Decisions } from '../../src/domain/model/decision.ts';
import type { Inventory } from '../../src/domain/model/inventory.ts';
import type { PlanOutcome } from '../../src/domain/model/journal.ts';
import type { RenewalPlan } from '../../src/domain/model/plan.ts';
import { makePlan } from '../../src/domain/plan/planner.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/domain/time/duration.ts';
import { inMaintenance } from '../../src/domain/time/windows.ts';
import { generator } from '../domain/cluster/model/choices.ts';
import { inventoryOf, SETTINGS } from '../support/inventory.ts';
import { makeAppointments } from './appointments.ts';
import { hasApi, isLast, isReady, turnOf } from './cluster.ts';
import { ENDS, isIn, makeFleet, type Share, type SimNode } from './fleet.ts';

export type Figures = {
  nodes: number;
  checks: number;
  renewed: { window: number; urgent: number; agents: number };
  failed: number;
  killed: number;
  /** Renewed, or left, after its certificates had expired, although the node was enabled and ran. */
  late: number;
  twoAtOnce: number;
  agentsWithoutServer: number;
  byLease: number;
  bySlot: number;
  longestWait: number;
  webhooks: number;
  peakPerSecond: number;
};

/** A year of the fleet, driven by the same decisions, plans, turns and alerts as the daemon. `turns` false: nobody waits for a turn. */
export function simulate(share: Share, { seed = 1, turns = true } = {}): Figures {
  const fleet = makeFleet(share, seed);
  const random = generator(seed + 1);
  const appointments = makeAppointments<() => void>();
  const nodes = fleet.flatMap(({ servers, agents }) => [...servers, ...agents]);
  const perSecond = new Map<number, number>();
  const figures: Figures = {
    nodes: nodes.length,
    checks: 0,
    renewed: { window: 0, urgent: 0, agents: 0 },
    failed: 0,
    killed: 0,
    late: 0,
    twoAtOnce: 0,
    agentsWithoutServer: 0,
    byLease: 0,
    bySlot: 0,
    longestWait: 0,
    webhooks: 0,
    peakPerSecond: 0,
  };

  const wake = (node: SimNode, at: number) => {
    node.turn += 1;
    const { turn } = node;
    later(at, () => {
      const next = node.turn === turn ? check(node, at) : null;
      if (next !== null) wake(node, next);
    });
  };
  const later = (at: number, job: () => void) => appointments.add(at, job);

  /** When to check again; null: its plan runs. */
  const check = (node: SimNode, at: number): number | null => {
    const off = node.off.find(({ from, until }) => at >= from && at < until);
    // A machine that comes up again needs a minute.
    if (off !== undefined) return off.until + MINUTE;
    if (at < node.runsUntil) return node.runsUntil;
    figures.checks += 1;
    const inventory = observe(node, at);
    const known = { inventory, policy: node.policy, history: { attempts: node.attempts }, now: at };
    const decisions = decide({ ...known, request: { kind: 'schedule' } });
    const plan = makePlan({ ...known, decisions, settings: SETTINGS, planId: `${at}` });
    if (plan === null) {
      if (node.isServer && node.waits !== null) turnOf(node, 'idle', null, inventory, at);
      node.waits = null;
      report(node, inventory, decisions, null, at);
      return nextCheck(node, decisions, at);
    }
    const begins = node.isServer ? ownTurn(node, plan, inventory, at) : agentsTurn(node, plan, at);
    if (begins !== null) {
      if (node.waits === null) report(node, inventory, decisions, null, at);
      node.waits ??= { since: at };
      return Math.max(begins, at + POLL);
    }
    figures.longestWait = Math.max(figures.longestWait, at - (node.waits?.since ?? at));
    carryOut(node, plan, inventory, at);
    return null;
  };

  /** null: now; else when to ask again, less and less often while an outage lasts. */
  const ownTurn = (node: SimNode, plan: RenewalPlan, inventory: Inventory, at: number): number | null => {
    if (!turns) return null;
    const turn = turnOf(node, 'wants', plan, inventory, at);
    if (turn.kind === 'go') {
      figures.byLease += turn.how === 'lease' ? 1 : 0;
      figures.bySlot += turn.how === 'slot' ? 1 : 0;
      return null;
    }
    if (turn.kind === 'wait' && turn.until !== null && turn.until - node.skew > at) return turn.until - node.skew;
    const waited = at - (node.waits?.since ?? at);
    return at + Math.min(Math.max(POLL, waited / 20), 10 * MINUTE);
  };

  /** As the daemon's `momentOfAgent`. */
  const agentsTurn = (node: SimNode, plan: RenewalPlan, at: number): number | null =>
    inMaintenance(node.policy.maintenance, at) || plan.oldExpired || isLast(node, at)
      ? null
      : agentTurn(node.share, at);

  const carryOut = (node: SimNode, plan: RenewalPlan, inventory: Inventory, at: number): void => {
    const { cluster } = node;
    const isStop = disruptionOf(plan).kind === 'stops';
    const [away, whole] = node.kind.startsWith('rke2') ? [4 * MINUTE, 6 * MINUTE] : [8 * SECOND, 40 * SECOND];
    if (
      node.isServer &&
      cluster.servers.some((other) => other !== node && at < other.runsUntil && at < other.stoppedUntil)
    )
      figures.twoAtOnce += 1;
    if (!node.isServer && !hasApi(cluster, at)) figures.agentsWithoutServer += 1;
    // One in 200 is killed on the way: its Lease stays until it has expired, and systemd starts certagent again.
    const isKilled = random() < 0.005;
    const isFailure = !isKilled && random() < 0.02;
    node.runsUntil = at + whole + (isKilled ? random() * HOUR : 0);
    node.stoppedUntil = isStop || !node.isServer ? at + away : node.stoppedUntil;
    node.waits = null;
    figures.killed += isKilled ? 1 : 0;
    const over = node.runsUntil;
    const keeper = (when: number): void => {
      if (when >= over || isKilled || isIn(node.off, when)) return;
      turnOf(node, 'runs', plan, inventory, when);
      later(when + 10 * SECOND, () => keeper(when + 10 * SECOND));
    };
    if (node.isServer) later(at + 10 * SECOND, () => keeper(at + 10 * SECOND));
    later(over, () => end(node, plan, at, over, isFailure));
  };

  const end = (node: SimNode, plan: RenewalPlan, startedAt: number, at: number, isFailure: boolean): void => {
    const inventory = observe(node, at);
    if (node.isServer) turnOf(node, 'idle', null, inventory, at);
    const result = isFailure ? 'rolled-back' : 'succeeded';
    const error = isFailure ? { code: 'COMMAND_FAILED', message: 'it failed', remedy: null } : null;
    const notAfter = at + 365 * DAY;
    const granted = isFailure ? [] : plan.certificates.map((id) => ({ id, notAfter }));
    node.attempts = [
      ...node.attempts.slice(-3),
      { planId: plan.id, startedAt, endedAt: at, result, trigger: 'schedule', error, granted },
    ];
    if (isFailure) figures.failed += 1;
    else count(node, startedAt);
    if (!isFailure) node.notAfter = notAfter;
    const after = observe(node, at);
    const known = { inventory: after, policy: node.policy, history: { attempts: node.attempts }, now: at };
    const decisions = decide({ ...known, request: { kind: 'schedule' } });
    report(node, after, decisions, { planId: plan.id, result, keptNew: false, error, granted }, at);
    wake(node, nextCheck(node, decisions, at));
  };

  const count = (node: SimNode, at: number): void => {
    const { renewed } = figures;
    if (!node.isServer) renewed.agents += 1;
    else if (inMaintenance(node.policy.maintenance, at)) renewed.window += 1;
    else renewed.urgent += 1;
    if (at > node.notAfter && couldRenew(node)) figures.late += 1;
  };

  /** Every notification is a call of its own: the worst case. */
  const report = (
    node: SimNode,
    inventory: Inventory,
    decisions: Decisions,
    outcome: PlanOutcome | null,
    now: number,
  ): void => {
    const common = { inventory, policy: node.policy, history: { attempts: node.attempts }, now };
    const alerts = standingAlerts({
      inventory,
      decisions,
      onDemand: decide({ ...common, request: { kind: 'manual', force: true } }).renewal,
      lastAttempt: node.attempts.at(-1) ?? null,
      copies: [],
      before: node.book.map(({ alert }) => alert),
      configError: null,
      modeMissing: false,
      failingSinks: [],
      now,
    });
    const happened = events({ outcome, recovered: false, copies: [] });
    const { book, notifications } = diffAlerts({ before: node.book, now, alerts, events: happened, repeat: DAY });
    node.book = book;
    const second = Math.floor(now / SECOND);
    perSecond.set(second, (perSecond.get(second) ?? 0) + notifications.length);
    figures.webhooks += notifications.length;
  };

  for (const node of nodes) wake(node, node.enabledAt);
  for (let next = appointments.next(); next !== undefined && next.at < ENDS; next = appointments.next()) next.what();
  for (const node of nodes) if (node.notAfter < ENDS - DAY && !isIn(node.off, ENDS - DAY)) figures.late += 1;
  for (const count of perSecond.values()) figures.peakPerSecond = Math.max(figures.peakPerSecond, count);
  return figures;
}

/** Enabled for a day before its expiry, and neither off then nor a day before. */
function couldRenew({ enabledAt, notAfter, off }: SimNode): boolean {
  return enabledAt < notAfter - DAY && !isIn(off, notAfter) && !isIn(off, notAfter - DAY);
}

const templates = new Map<string, Inventory>();

/** What a check finds: the node's kind as the domain's tests have it, with these certificates and this health. */
function observe(node: SimNode, at: number): Inventory {
  const template = templates.get(node.kind) ?? inventoryOf(node.kind, { now: at, caDays: 4_000 });
  templates.set(node.kind, template);
  const { distribution } = template.node;
  const ready = node.isServer ? isReady(node, at) : true;
  const { preconditions } = template;
  return {
    ...template,
    takenAt: at,
    node: { ...template.node, name: node.name },
    certificates: template.certificates.map((one) => {
      // The kubelet rotates its own in time.
      const notAfter = one.owner === distribution ? node.notAfter : one.owner === 'kubelet' ? at + 200 * DAY : null;
      if (notAfter === null) return one;
      return { ...one, certificate: { ...one.certificate, notBefore: notAfter - 365 * DAY, notAfter } };
    }),
    preconditions: {
      ...preconditions,
      components: preconditions.components.map((one) => ({
        ...one,
        healthy: ready,
        detail: ready ? 'ok' : 'no answer',
      })),
      ...(node.isServer
        ? {}
        : { servers: { answers: hasApi(node.cluster, at), detail: 'the servers', url: 'https://servers:6443' } }),
    },
  };
}

const SIX_HOURS = 6 * HOUR;

/** When the daemon checks again: at the time that the decision names, soon where something passes by itself, else as scheduled. */
function nextCheck({ share, book }: SimNode, { renewal }: Decisions, at: number): number {
  const scheduled = (Math.floor((at - share * 5 * MINUTE) / SIX_HOURS) + 1) * SIX_HOURS + share * 5 * MINUTE;
  const named = renewal.kind === 'none' ? renewal.nextAt : renewal.kind === 'waiting' ? renewal.until : null;
  const isPassing = renewal.kind === 'blocked' || (renewal.kind === 'waiting' && renewal.until === null);
  if (isPassing) return Math.min(scheduled, at + HOUR);
  // Without an active alert, the scheduled checks until the named time find what this one found.
  const idle = book.length > 0 ? scheduled : at + 20 * DAY;
  return Math.max(at + 10 * SECOND, Math.min(named ?? idle, idle));
}
