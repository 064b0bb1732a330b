import type { Judged, NodeState } from './input.ts';
import { sentences } from './words.ts';

/** The one place that advises a renewal: only where certagent would do it now, for every one of these certificates. */
export function renewing({ onDemand }: Pick<NodeState, 'onDemand'>, ids: string[], advice: string): string | null {
  return onDemand.kind === 'now' && ids.every((id) => onDemand.ids.includes(id)) ? advice : null;
}

/** What must happen before certagent renews at all; empty where nothing prevents it. */
export function unblocking({ onDemand }: Pick<NodeState, 'onDemand'>): string {
  return onDemand.kind === 'blocked' ? sentences(onDemand.blockers.map(({ remedy }) => remedy)) : '';
}

/** What the decisions say about certificates that certagent cannot renew, and `ours` where some are not of that kind. */
export function remedyOf(of: Judged[], ours: string): string {
  const said = of.flatMap(({ decision: { verdict } }) => (verdict.kind === 'escalate' ? [verdict.remedy] : []));
  return sentences([...(said.length < of.length ? [ours] : []), ...said]);
}
