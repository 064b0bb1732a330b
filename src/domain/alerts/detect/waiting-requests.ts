import { externalRequests } from '../../external/external-requests.ts';
import { type Found, judged, type NodeState } from '../input.ts';
import { type Severity, worstOf } from '../severity.ts';
import { counted, date, expiry, list } from '../words.ts';
import { isInLastDays } from './renewal.ts';

/** Requests that wait for the answer of a CA elsewhere, each with its age: nobody else counts the days. */
export function waiting(state: NodeState): Found[] {
  const of = judged(state).flatMap((each) => {
    const request = externalRequests(state.inventory).find(({ id }) => id === each.observed.id);
    return request === undefined ? [] : [{ ...each, request }];
  });
  const [first] = of.toSorted((a, b) => a.decision.notAfter - b.decision.notAfter);
  if (first === undefined) return [];
  const since = Math.min(...of.map(({ request }) => request.createdAt));
  const severity = worstOf(
    ...of.map(({ decision }): Severity => {
      if (decision.nearness === 'valid') return 'info';
      const isPressing = decision.nearness !== 'due' || isInLastDays(decision, state.now);
      return isPressing ? 'critical' : 'warning';
    }),
  );
  return [
    {
      severity,
      once: severity === 'info',
      members: of.map(({ request, decision }) => [
        request.id,
        `requested ${date(request.createdAt)}, expires ${date(decision.notAfter)}`,
      ]),
      text: `${counted(of.length, 'request', 'waits', 'wait')} for a signed certificate since ${date(since)}: ${list(of.map(({ request }) => request.id))}. The first, ${first.request.id}, is needed before ${expiry(first.decision.notAfter, state.now)}.`,
    },
  ];
}
