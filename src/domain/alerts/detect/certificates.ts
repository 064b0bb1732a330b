import { expiresAt } from '../../decide/certificate-check.ts';
import { LOOPBACK, LOOPBACK_NOTICE } from '../../decide/loopback.ts';
import { type Found, type Judged, leavesOf, type NodeState } from '../input.ts';
import { remedyOf, renewing, unblocking } from '../remedies.ts';
import { counted, date, expiries, names } from '../words.ts';
import { isInLastDays, LAST_DAYS, obstacle } from './renewal.ts';

export function expired(state: NodeState): Found[] {
  const of = near(state, 'expired').filter(({ observed }) => observed.owner !== 'copy');
  const renew = renewing(
    state,
    of.filter(({ decision }) => decision.verdict.kind !== 'escalate').map(({ decision }) => decision.id),
    'Renew now: certagent renew',
  );
  return [
    {
      members: expiries(of, state.now),
      text: `${counted(of.length, 'certificate', 'has', 'have')} expired: ${names(of)}.`,
      remedy: remedyOf(of, renew ?? (unblocking(state) || 'See why certagent does not renew: certagent status')),
    },
  ];
}

export function notYetValid(state: NodeState): Found[] {
  // A copy is its user's matter.
  const of = near(state, 'not-yet-valid').filter(({ observed }) => observed.owner !== 'copy');
  return [
    {
      members: of.map(({ observed, decision }) => [decision.id, `valid from ${date(observed.certificate.notBefore)}`]),
      text: `${counted(of.length, 'certificate', 'is', 'are')} not valid yet: ${names(of)}.`,
    },
  ];
}

export function urgent(state: NodeState): Found[] {
  const of = ours(state, 'urgent');
  const { renewal } = state.decisions;
  return [
    {
      severity: of.some(({ decision }) => isInLastDays(decision, state.now)) ? 'critical' : 'warning',
      members: expiries(of, state.now),
      text: `${counted(of.length, 'certificate', 'expires', 'expire')} soon: ${names(of)}.`,
      ...(renewal.kind === 'waiting' ? { remedy: `certagent waits with the renewal: ${renewal.why}.` } : {}),
    },
  ];
}

export function expiring(state: NodeState): Found[] {
  const of = ours(state, 'due');
  return [
    {
      members: expiries(of, state.now),
      text: `${counted(of.length, 'certificate', 'is', 'are')} due and will be renewed in the maintenance window: ${names(of)}.`,
      once: true,
    },
  ];
}

/** No tool shows it, and the API server fails when it expires. */
export function loopback(state: NodeState): Found[] {
  const { loopback } = state.inventory.preconditions;
  if (loopback === undefined || loopback.notAfter - state.now > LOOPBACK_NOTICE) return [];
  return [
    {
      subject: 'kube-apiserver',
      severity: loopback.notAfter - state.now < LAST_DAYS ? 'critical' : 'warning',
      members: [[LOOPBACK, date(loopback.notAfter)]],
      text: `The loopback certificate of kube-apiserver ${expiresAt(loopback.notAfter, state.now)}. Only a restart of kube-apiserver makes a new one.`,
      remedy: restartRemedy(state),
    },
  ];
}

function restartRemedy(state: NodeState): string {
  if (state.onDemand.kind !== 'now') return unblocking(state) || 'Restart the kube-apiserver.';
  return obstacle(state.decisions.renewal) === null
    ? 'certagent restarts the kube-apiserver in the maintenance window. To restart it at once: certagent renew'
    : 'Restart the kube-apiserver at a time that suits you: certagent renew';
}

function near(state: NodeState, nearness: Judged['decision']['nearness']): Judged[] {
  return leavesOf(state).filter(({ decision }) => decision.nearness === nearness);
}

/** Those that certagent renews, and that no other alert names with its date: each certificate is named once. */
function ours(state: NodeState, nearness: 'due' | 'urgent'): Judged[] {
  const named = obstacle(state.decisions.renewal)?.ids ?? [];
  return near(state, nearness).filter(
    ({ decision: { id, verdict } }) => !named.includes(id) && verdict.kind !== 'escalate',
  );
}
