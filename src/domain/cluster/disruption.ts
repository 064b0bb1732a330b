import type { RenewalPlan } from '../model/plan.ts';
import { ruleOf, type Step } from '../plan/steps/step-rules.ts';

/** What a plan stops, as far as the other nodes of the cluster feel it. */
export type Disruption = {
  /** Nothing that serves the cluster restarts: no turn is needed. */
  kind: 'none' | 'components' | 'stops';
  /** `stops` only: whether a member of etcd, and whether an API server is away for a while. */
  etcd: boolean;
  api: boolean;
};

const NOTHING: Disruption = { kind: 'none', etcd: false, api: false };

/**
 * `components`: controller-manager or scheduler, which others stand in for, or a server that only restarts when it does not load a
 * renewed file by itself. Two nodes never do even that at once, but no quorum is asked for it beforehand.
 */
export function disruptionOf(plan: Pick<RenewalPlan, 'steps'>): Disruption {
  return plan.steps.map(disruptionOfStep).reduce(worse, NOTHING);
}

/**
 * Asked before each step, too. `cycle-unless-served` counts as `components`: etcd loads its files by itself, and where it does not, its restart
 * in the middle of the plan asks no quorum.
 */
export function disruptionOfStep(step: Step): Disruption {
  if (step.kind === 'restart-unit' || step.kind === 'stop-unit') return { kind: 'stops', etcd: true, api: true };
  const restarts = ruleOf(step).restarts?.(step);
  if (restarts === undefined) return NOTHING;
  const etcd = restarts.component === 'etcd';
  const api = restarts.component === 'kube-apiserver';
  if (step.kind !== 'cycle' || !(etcd || api)) return { kind: 'components', etcd: false, api: false };
  return { kind: 'stops', etcd, api };
}

function worse(a: Disruption, b: Disruption): Disruption {
  const ORDER = ['none', 'components', 'stops'] as const;
  const kind = ORDER[Math.max(ORDER.indexOf(a.kind), ORDER.indexOf(b.kind))]!;
  return { kind, etcd: a.etcd || b.etcd, api: a.api || b.api };
}
