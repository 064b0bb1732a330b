import { approvalOf } from '../../users/user-names.ts';
import { userUrgency } from '../../users/user-urgency.ts';
import type { Found, NodeState } from '../input.ts';
import { counted, date, list, sentences } from '../words.ts';

/** Requests for users' certificates that nobody has approved. */
export function waiting({ copies, decisions, inventory, now }: NodeState): Found[] {
  const of = copies.flatMap(({ path, own }) =>
    own?.next.is === 'waiting' && !own.next.approved ? [{ path, ...own, ...own.next }] : [],
  );
  const isPressing = of.some((one) => userUrgency(one, { inventory, decisions, now }));
  const since = Math.min(...of.map((one) => one.since));
  return of.length === 0
    ? []
    : [
        {
          severity: isPressing ? 'critical' : 'warning',
          members: of.map(({ user, name, since: at, path }) => [name, `${user}, ${path}, requested ${date(at)}`]),
          text: `${counted(of.length, 'request', 'waits', 'wait')} for approval since ${date(since)}, for the certificate of ${list(of.map(({ user }) => user))}.`,
          remedy: `See who asks for what: kubectl describe csr ${of[0]!.name}. If it is right: ${of.map(({ name, user }) => approvalOf(name, user)).join('; ')}`,
        },
      ];
}

/** What certagent does not request, or did not get. */
export function notRenewed({ copies }: NodeState): Found[] {
  const of = copies.flatMap(({ path, own }) =>
    own?.next.is === 'stopped' || own?.next.is === 'failed' ? [{ path, user: own.user, next: own.next }] : [],
  );
  const remedies = of.map(({ next }) => ('remedy' in next ? next.remedy : 'certagent tries again'));
  return [
    {
      members: of.map(({ path, next }) => [path, next.why]),
      text: `${counted(of.length, 'user certificate', 'is', 'are')} not renewed: ${list(of.map(({ user }) => user))}.`,
      remedy: sentences(remedies),
    },
  ];
}
