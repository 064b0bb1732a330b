import type { Decision, Decisions, Renewal } from '../model/decision.ts';

/** Why a renewal that could run now does not: the node waits for others, or must not stop what they need. */
export type Held = Extract<Renewal, { kind: 'waiting' | 'blocked' }>;

/** The decisions of a node that waits for its turn among the servers of its cluster. null: it does not. */
export function withTurn(decisions: Decisions, held: Held | null): Decisions {
  if (held === null || decisions.renewal.kind !== 'now') return decisions;
  return { ...decisions, renewal: held, certificates: decisions.certificates.map((one) => waiting(one, held)) };
}

function waiting(decision: Decision, held: Held): Decision {
  if (held.kind === 'blocked' || decision.verdict.kind !== 'renew') return decision;
  const { until, code, why } = held;
  return { ...decision, verdict: { kind: 'defer', until, code, why } };
}
