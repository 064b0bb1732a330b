import { rulesOf, rulesOfNode } from '../distributions/index.ts';
import type { Instant } from '../model/certificate.ts';
import type { Decision, Decisions, History, Policy, Renewal, Verdict } from '../model/decision.ts';
import type { Inventory, ObservedCertificate } from '../model/inventory.ts';
import { inMaintenance } from '../time/windows.ts';
import { automaticMoment } from './automatic-moment.ts';
import { findBlockers } from './blockers.ts';
import { healedLeaves, healMoment } from './broken-leaves.ts';
import { type Case, type DecideRequest, expires } from './certificate-check.ts';
import { verdictOn } from './checks.ts';
import { nextTryAt } from './history-of.ts';
import type { KubeletRepair } from './kubelet-repair.ts';
import { LOOPBACK, loopbackMoment } from './loopback.ts';
import { isLimited, isNamed } from './named.ts';
import { isLeaf } from './ownership.ts';
import type { ReasonCode } from './reasons.ts';
import { isRenewableAt, isRotatable, nearnessOf, renewalWindow } from './renewal-window.ts';

export type DecideInput = {
  inventory: Inventory;
  policy: Policy;
  history: History;
  now: Instant;
  request: DecideRequest;
};

type Judged = { known: Case; decision: Decision };

/** What is to be done with each certificate, and with the node. Pure: the same input gives the same decisions. */
export function decide(input: DecideInput): Decisions {
  const judged = input.inventory.certificates.map((observed) => judge(input, observed));
  const renewal = renewalOf(input, judged);
  return { at: input.now, certificates: judged.map((one) => withCompany(one.decision, renewal)), renewal };
}

/** Everything that the decision on one certificate depends on. */
export function caseOf(input: DecideInput, observed: ObservedCertificate): Case {
  const window = renewalWindow(observed, input);
  const nearness = nearnessOf(observed.certificate, window, input.now);
  return { ...input, observed, window, nearness };
}

function judge(input: DecideInput, observed: ObservedCertificate): Judged {
  const known = caseOf(input, observed);
  const { id, certificate } = observed;
  const { window, nearness } = known;
  const { opensAt, urgentAt } = window;
  return {
    known,
    decision: { id, notAfter: certificate.notAfter, nearness, opensAt, urgentAt, verdict: verdictOn(known) },
  };
}

/** The node is disturbed once: when one certificate is renewed, so are all that the same tool renews. */
function renewalOf(input: DecideInput, judged: Judged[]): Renewal {
  if (isLimited(input.request, input.inventory.node)) return renewalOfNamed(input, judged);
  const repair = rulesOfNode(input.inventory.node)?.kubelet?.repair(input.inventory, input.policy, input.now) ?? null;
  // Without a kubelet no static pod restarts. One that still runs might not come back: what is due goes first.
  if (repair?.isDown === true) return unlessPrevented(input, repairNow(repair, input));
  const due = judged.filter(({ decision }) => decision.verdict.kind === 'renew');
  const waiting = judged.flatMap(({ decision: { id, verdict } }) =>
    verdict.kind === 'defer' ? [{ id, ...verdict, until: verdict.until! }] : [],
  );
  if (due.length > 0) {
    const ids = idsAt(input.now, input, judged);
    const how = { ...outside(input), ...byRotation(ids, input) };
    return unlessPrevented(input, { kind: 'now', ids, why: whyNow(due, ids), ...how });
  }
  const heal = healMoment(input.inventory, input.policy, input.request, input.now);
  if (heal !== null && (heal.at <= input.now || waiting.length === 0))
    return unlessPrevented(input, healing(heal, input, judged));
  if (repair !== null) return unlessPrevented(input, repairNow(repair, input));
  const refused = refusedForce(input, judged);
  if (refused !== null) return refused;
  if (waiting.length > 0) return unlessPrevented(input, later(input, judged, waiting));
  const loopback = loopbackMoment(input.inventory, input.policy, input.request, input.now);
  if (loopback !== null) return unlessPrevented(input, restartFor(loopback, input));
  return { kind: 'none', nextAt: input.policy.mode === 'observe' ? null : nextAt(input, judged) };
}

/** A person wants these alone: what else this node needs is not done with them. */
function renewalOfNamed(input: DecideInput, judged: Judged[]): Renewal {
  const ids = idsAt(input.now, input, judged);
  const due = judged.filter(({ decision }) => ids.includes(decision.id));
  if (due.length === 0) return { kind: 'none', nextAt: nextAt(input, judged) };
  return unlessPrevented(input, { kind: 'now', ids, why: whyNow(due, ids), named: true });
}

/** What it removes, too. A broken certificate is in no list of ids, one whose key is broken is. */
function withHeals(now: Extract<Renewal, { kind: 'now' }>, { inventory, policy }: DecideInput): Renewal {
  const heals = healedLeaves(inventory, policy);
  if (heals.length === 0) return now;
  return { ...now, ids: [...new Set([...now.ids, ...heals.map(({ id }) => id)])], heals };
}

/** A check always names a time; only another node's turn has none, which no check knows. */
type Waiting = { id: string } & Extract<Verdict, { kind: 'defer' }> & { until: Instant };
type Intended = Extract<Renewal, { kind: 'now' | 'waiting' }>;

function later(input: DecideInput, judged: Judged[], waiting: Waiting[]): Intended {
  const { id, until, code, why } = waiting.reduce((first, one) => (one.until < first.until ? one : first));
  return { kind: 'waiting', until, code, ids: idsAt(until, input, judged), why: `${id} ${why}` };
}

/** A time is promised only where nothing known prevents the renewal. Observing is a choice, not an obstacle. */
function unlessPrevented(input: DecideInput, intended: Intended): Renewal {
  const { policy, request, now } = input;
  const { ids, why } = intended;
  const observes = policy.mode === 'observe' && request.kind === 'schedule';
  const blockers = findBlockers({ ...input, ids, policy: observes ? { ...policy, mode: 'renew' } : policy });
  if (observes) {
    const until = intended.kind === 'now' ? now : intended.until;
    return { kind: 'observing', until: blockers.length > 0 ? null : until, ids, why, blockers };
  }
  const [first] = blockers;
  if (first === undefined) return intended.kind === 'now' ? withHeals(intended, input) : intended;
  if (blockers.every(({ code }) => WAITS.includes(code)))
    return { kind: 'waiting', until: null, code: first.code, ids, why: first.why };
  return { kind: 'blocked', ids, blockers };
}

/** The kube-apiserver alone: nothing else is due. */
function restartFor({ at, why }: { at: Instant; why: string }, { history, policy, now }: DecideInput): Intended {
  const until = Math.max(at, nextTryAt(history, policy, now));
  const ids = [LOOPBACK];
  if (until <= now) return { kind: 'now', ids, why };
  return { kind: 'waiting', until, code: until > at ? 'BACK_OFF' : 'MAINTENANCE_WINDOW', ids, why };
}

/** A restart for broken leaves, which renews what any restart renews. */
function healing({ at, why }: { at: Instant; why: string }, input: DecideInput, judged: Judged[]): Intended {
  const { history, policy, request, now } = input;
  const until = request.kind === 'manual' ? at : Math.max(at, nextTryAt(history, policy, now));
  const ids = idsAt(until, input, judged);
  if (until <= now) return { kind: 'now', ids, why, ...outside(input) };
  return { kind: 'waiting', until, code: until > at ? 'BACK_OFF' : 'MAINTENANCE_WINDOW', ids, why };
}

/** It waits for no maintenance window: nothing that works is disturbed. */
function repairNow({ ids, why }: KubeletRepair, { history, policy, request, now }: DecideInput): Intended {
  const until = request.kind === 'manual' ? now : nextTryAt(history, policy, now);
  return until <= now ? { kind: 'now', ids, why } : { kind: 'waiting', until, code: 'BACK_OFF', ids, why };
}

/** What is urgent does not wait for the maintenance window; what else could be done at once with it does. */
function outside({ request, policy, now }: DecideInput): { outsideMaintenance?: true } {
  return request.kind === 'manual' || inMaintenance(policy.maintenance, now) ? {} : { outsideMaintenance: true };
}

/** Some of what a person asks for is not renewed by a restart. */
function byRotation(ids: string[], { inventory, now }: DecideInput): { rotates?: true } {
  const renewed = inventory.certificates.filter(({ id }) => ids.includes(id));
  return renewed.every((observed) => isRenewableAt(observed, inventory, now)) ? {} : { rotates: true };
}

/** What passes without anybody's doing on this node. */
const WAITS: ReasonCode[] = ['SERVER_AWAY', 'UNIT_STARTING'];

/** Ids of all certificates that the node's tool renews when it is run at `at`. */
function idsAt(at: Instant, { inventory, request }: DecideInput, judged: Judged[]): string[] {
  const isForced = request.kind === 'manual' && request.force;
  const limited = isLimited(request, inventory.node);
  return judged
    .filter(
      ({ known, decision }) =>
        known.observed.owner === inventory.node.distribution &&
        isLeaf(known.observed) &&
        decision.verdict.kind !== 'escalate' &&
        (!limited || isNamed(known.observed, request)) &&
        (isRenewableAt(known.observed, inventory, at) || (isForced && isRotatable(known.observed, inventory))),
    )
    .map(({ decision }) => decision.id);
}

/** A restart that renews nothing would only disturb: asking for it by force changes nothing about that. */
function refusedForce({ inventory, request }: DecideInput, judged: Judged[]): Renewal | null {
  const { distribution } = inventory.node;
  if (request.kind !== 'manual' || !request.force || distribution === null) return null;
  const own = judged.filter(({ known }) => known.observed.owner === distribution && isLeaf(known.observed));
  if (own.length === 0) return null;
  const refusal = rulesOf(distribution).refuseForce(Math.min(...own.map(({ decision }) => decision.notAfter)));
  if (refusal === null) return null;
  return { kind: 'blocked', ids: own.map(({ decision }) => decision.id), blockers: [refusal] };
}

function nextAt(input: DecideInput, judged: Judged[]): Instant | null {
  const tryAt = nextTryAt(input.history, input.policy, input.now);
  const moments = judged
    .filter(({ known, decision }) => known.observed.owner === input.inventory.node.distribution && opens(decision))
    .map(({ known }) => automaticMoment(known, Math.max(input.now, tryAt)));
  return moments.length > 0 ? Math.min(...moments) : null;
}

function opens({ verdict }: Decision): boolean {
  return verdict.kind === 'keep' && verdict.until !== null;
}

/** Why a certificate that is not due itself is renewed with the others. */
function withCompany(decision: Decision, renewal: Renewal): Decision {
  if (decision.verdict.kind !== 'keep' || (renewal.kind !== 'now' && renewal.kind !== 'waiting')) return decision;
  if (!renewal.ids.includes(decision.id)) return decision;
  const why = 'is renewed along with the others, so that the node is disturbed only once';
  const verdict: Verdict =
    renewal.kind === 'now'
      ? { kind: 'renew', code: 'GOES_ALONG', why }
      : { kind: 'defer', until: renewal.until, code: 'GOES_ALONG', why };
  return { ...decision, verdict };
}

function whyNow(due: Judged[], ids: string[]): string {
  const { known, decision } = due.reduce((a, b) => (b.decision.notAfter < a.decision.notAfter ? b : a));
  const together = ids.length === 1 ? '' : `; ${ids.length} certificates are renewed together`;
  return `${decision.id} ${expires(known.observed, known.now)}${together}`;
}
