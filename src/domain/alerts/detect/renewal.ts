import { isInterrupted } from '../../decide/history-of.ts';
import { outdated } from '../../decide/outdated.ts';
import { externalRequests } from '../../external/external-requests.ts';
import type { Instant } from '../../model/certificate.ts';
import type { Blocker, Renewal } from '../../model/decision.ts';
import { ERRORS } from '../../model/error-codes.ts';
import { DAY, MINUTE } from '../../time/duration.ts';
import { type Found, type Judged, leavesOf, type Member, type NodeState } from '../input.ts';
import { remedyOf, renewing } from '../remedies.ts';
import { type Severity, worstOf } from '../severity.ts';
import { count, counted, date, expiries, expiry, list, names, sentences } from '../words.ts';

export const LAST_DAYS = 7 * DAY;
const LAST_MONTH = 30 * DAY;

/** So near expiry nobody should wait for the next working day. A short-lived certificate is always within a week of it. */
export function isInLastDays({ notAfter, opensAt }: Judged['decision'], now: Instant): boolean {
  return notAfter - now < Math.min(LAST_DAYS, (notAfter - opensAt) / 3);
}

function isInLastMonth({ notAfter, opensAt }: Judged['decision'], now: Instant): boolean {
  return notAfter - now < Math.min(LAST_MONTH, ((notAfter - opensAt) * 2) / 3);
}

/** Why certificates that are due are not renewed, and which: the mode, or something in the way. null: they are renewed. */
export function obstacle(renewal: Renewal): { kind: 'observing' | 'blocked'; ids: string[] } | null {
  if (observingOf(renewal) !== null) return { kind: 'observing', ids: renewal.kind === 'none' ? [] : renewal.ids };
  return renewal.kind === 'blocked' ? { kind: 'blocked', ids: renewal.ids } : null;
}

/** What certagent would renew if it did more than observe; null where it does. */
function observingOf(renewal: Renewal): { ids: string[]; until: number | null; others: Blocker[] } | null {
  if (renewal.kind === 'observing') return { ids: renewal.ids, until: renewal.until, others: [] };
  if (renewal.kind !== 'blocked' || !renewal.blockers.some(({ code }) => code === 'OBSERVE_MODE')) return null;
  return {
    ids: renewal.ids,
    until: null,
    others: renewal.blockers.filter(({ code }) => code !== 'OBSERVE_MODE'),
  };
}

/** Observing is the operator's decision, and no fault: it becomes one when something is about to expire. */
export function observing(state: NodeState): Found[] {
  const found = observingOf(state.decisions.renewal);
  const of = leavesOf(state).filter(({ observed }) => found?.ids.includes(observed.id));
  const [first] = of.map(({ decision }) => decision).sort((a, b) => a.notAfter - b.notAfter);
  if (found === null || first === undefined) return [];
  const severity = isInLastDays(first, state.now) ? 'critical' : isInLastMonth(first, state.now) ? 'warning' : 'info';
  return [
    {
      severity,
      once: severity === 'info',
      members: [
        ...found.others.map(({ code, why }): Member => [code, why]),
        ...expiries(of, state.now),
        ...(found.until === null ? [] : [['would be renewed', date(found.until)] as Member]),
      ],
      text: `certagent only observes this node and does not renew ${count(of.length, 'certificate')}; the first, ${first.id}, expires ${expiry(first.notAfter, state.now)}.`,
    },
  ];
}

/** What passes by itself soon after a boot, or when somebody is at work on the node. */
const PASSING = ['COMPONENT_UNHEALTHY', 'UNIT_NOT_RUNNING', 'UPGRADE_UNDER_WAY'];
const STARTING = 5 * MINUTE;

/** The renewal that cannot be, once, with every certificate that it would have renewed. */
export function blocked(state: NodeState): Found[] {
  const { renewal } = state.decisions;
  if (renewal.kind !== 'blocked' || observingOf(renewal) !== null) return [];
  const of = leavesOf(state).filter(({ observed }) => renewal.ids.includes(observed.id));
  // A person has decided it: no fault until something is about to expire.
  const chosen = renewal.blockers.every(({ code }) => code === 'PAUSED');
  const pressing = of.some(isPressing) || renewal.blockers.some(({ code }) => code === 'PAUSED_PAST_EXPIRY');
  const severity = pressing ? 'critical' : chosen ? 'info' : 'warning';
  const what = of.length === 0 ? 'The renewal' : `The renewal of ${count(of.length, 'certificate')}`;
  const stopped = state.inventory.preconditions.unit?.stopped === true;
  const passes = !stopped && renewal.blockers.every(({ code }) => PASSING.includes(code));
  return [
    {
      severity,
      once: severity === 'info',
      members: [...renewal.blockers.map(({ code, why }): Member => [code, why]), ...expiries(of, state.now)],
      text: sentences([`${what} is blocked: ${renewal.blockers.map(({ why }) => why).join('; ')}`]),
      remedy: sentences(renewal.blockers.map(({ remedy }) => remedy)),
      ...(passes ? { holdOff: STARTING } : {}),
    },
  ];
}

/** Reasons that are alerts of their own, however far away the expiry is. */
const ALERTS_THEMSELVES = ['KEY_MISMATCH', 'NOT_SIGNED_BY_CA'];

/** What a person has to renew, one alert for each reason. */
export function notOurs(state: NodeState): Found[] {
  // One that is requested has an alert of its own.
  const requested = externalRequests(state.inventory).map(({ id }) => id);
  const named = [...(obstacle(state.decisions.renewal)?.ids ?? []), ...requested];
  const byCode = new Map<string, Judged[]>();
  for (const each of leavesOf(state)) {
    const { verdict, nearness, id } = each.decision;
    const near = nearness === 'due' || nearness === 'urgent';
    const oldCopy = nearness === 'expired' && each.observed.owner === 'copy';
    if (named.includes(id) || verdict.kind !== 'escalate' || !(near || oldCopy)) continue;
    if (!ALERTS_THEMSELVES.includes(verdict.code))
      byCode.set(verdict.code, [...(byCode.get(verdict.code) ?? []), each]);
  }
  return [...byCode].map(([code, of]) => {
    const severity = worstOf(...of.map((each) => pressure(each, state.now)));
    return {
      subject: code,
      severity,
      once: severity === 'info',
      members: expiries(of, state.now),
      text: `${counted(of.length, 'certificate', 'expires', 'expire')} and certagent cannot renew ${of.length === 1 ? 'it' : 'them'}: ${names(of)}.`,
      remedy: remedyOf(of, ''),
    };
  });
}

/** Somebody else renews an operator's certificate, often late; nobody else renews the rest. A copy is its user's matter. */
function pressure({ observed: { owner }, decision }: Judged, now: Instant): Severity {
  if (owner === 'copy') return 'info';
  if (isInLastDays(decision, now)) return 'critical';
  const stages: [Severity, Severity] = owner === 'operator' ? ['info', 'warning'] : ['warning', 'critical'];
  return stages[decision.nearness === 'due' ? 0 : 1];
}

export function otherRenewers({ inventory }: NodeState): Found[] {
  const others = inventory.preconditions.otherRenewers ?? [];
  return [
    {
      once: true,
      members: others.map(({ where, what }) => [where, what]),
      text: `${counted(others.length, 'other program', 'renews', 'renew')} this node's certificates: ${list(others.map(({ where }) => where))}.`,
    },
  ];
}

export function failed(state: NodeState): Found[] {
  const last = lastFailure(state, 'failed');
  if (last === null) return [];
  if (!REHEARSALS.includes(state.lastAttempt?.error?.code ?? ''))
    return [{ ...last, text: `The last ${whatRan(state)} failed.` }];
  const pressing = state.decisions.certificates.some((decision) => isPressing({ decision }));
  return [
    {
      ...last,
      severity: pressing ? 'critical' : 'warning',
      text: 'The last renewal ended with its rehearsal, before anything on the node was changed.',
      remedy:
        'To see what the rehearsal shows, and what to do: certagent plan --rehearse. certagent tries again, after longer and longer pauses.',
    },
  ];
}

/** Why a plan ended before it changed anything. */
const REHEARSALS = ['REHEARSAL_FAILED', 'REHEARSAL_IMPOSSIBLE'];

export function rolledBack(state: NodeState): Found[] {
  const last = lastFailure(state, 'rolled-back');
  if (last === null) return [];
  const pressing = state.decisions.certificates.some((decision) => isPressing({ decision }));
  return [
    {
      ...last,
      severity: pressing ? 'critical' : 'warning',
      text: `The last ${whatRan(state)} failed and was rolled back: the previous certificates are in use again.`,
    },
  ];
}

const whatRan = ({ lastAttempt }: NodeState): string => (lastAttempt?.restores === undefined ? 'renewal' : 'restore');

/** It is reported until a later renewal succeeds, or until nothing is left of it. An interruption is an event. */
function lastFailure(state: NodeState, result: string): Pick<Found, 'members' | 'holdOff' | 'remedy'> | null {
  const { lastAttempt, decisions, inventory, now } = state;
  if (lastAttempt?.result !== result || isInterrupted(lastAttempt)) return null;
  // Everything on this node can be well under a new CA, and nobody else can use it.
  const isForeign = lastAttempt.error?.code === 'CA_CHANGED';
  const mended =
    !isForeign &&
    decisions.renewal.kind === 'none' &&
    inventory.served.every((served) => served.state !== 'stale') &&
    outdated(inventory).length === 0;
  const healthy = inventory.preconditions.components.every((component) => component.healthy);
  if (mended && healthy) return null;
  // Long after it, a component that is starting must not bring it back.
  const isOld = lastAttempt.endedAt !== null && now - lastAttempt.endedAt > 2 * STARTING;
  return {
    members: [
      ['reason', lastAttempt.error?.message ?? 'unknown'],
      ['started', date(lastAttempt.startedAt)],
    ],
    ...(mended && isOld ? { holdOff: STARTING } : {}),
    ...(isForeign
      ? { remedy: sentences([ERRORS.CA_CHANGED.remedy, renewing(state, [], 'Then: certagent renew --force') ?? '']) }
      : {}),
  };
}

const isPressing = ({ decision: { nearness } }: Pick<Judged, 'decision'>): boolean =>
  nearness === 'urgent' || nearness === 'expired';
