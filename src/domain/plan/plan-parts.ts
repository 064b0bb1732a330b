import type { Expectation, RenewalPlan, Step } from '../model/plan.ts';
import type { StaticPodRestart } from './steps/static-pod-restart.ts';
import type { FailureRule } from './steps/step-rule.ts';
import { ruleOf } from './steps/step-rules.ts';

/** Directory of the plan's backup; null when it makes none. */
export function backupOf({ steps }: RenewalPlan): string | null {
  return steps.find((step) => step.kind === 'backup')?.directory ?? null;
}

/** Directory of the earlier backup that the plan restores; null for a renewal. */
export function restoredFrom({ steps }: Pick<RenewalPlan, 'steps'>): string | null {
  return steps.find((step) => step.kind === 'restore-files')?.backup ?? null;
}

/** The static pods the plan restarts, at once or only where a component does not load a certificate by itself. */
export function restartsOf({ steps }: RenewalPlan): StaticPodRestart[] {
  return steps.flatMap((step) => restartOf(step) ?? []);
}

/** Whether the restart of a unit renews (K3s, RKE2). */
export function restartsUnit({ steps }: Pick<RenewalPlan, 'steps'>): boolean {
  return steps.some(({ kind }) => kind === 'restart-unit');
}

/** Whether it replaces certificates that the running unit loads. */
export function isInPlace({ steps }: Pick<RenewalPlan, 'steps'>): boolean {
  return steps.some(({ kind }) => kind === 'install-rehearsed' || kind === 'fetch-leaves');
}

/** Everything the plan expects to be renewed, each certificate once. */
export function expectationsOf({ steps }: RenewalPlan): Expectation[] {
  const all = steps.flatMap((step) => ruleOf(step).expects?.(step) ?? []);
  return [...new Map(all.map((expect) => [expect.id, expect])).values()];
}

export function changesCertificates(step: Step): boolean {
  return ruleOf(step).changes === 'certificates';
}

/** Before such a step the preconditions are checked again. */
export function changesNode(step: Step): boolean {
  return ruleOf(step).changes !== 'nothing';
}

export function restartOf(step: Step): StaticPodRestart | null {
  return ruleOf(step).restarts?.(step) ?? null;
}

/** Whether SIGTERM leaves the step where it is. */
export function isLeftAtOnce(step: Step): boolean {
  return ruleOf(step).isLeftAtOnce?.(step) ?? false;
}

/** Whether the step is passed over, and done after the plan has failed. */
export function isForFailure(step: Step): boolean {
  return ruleOf(step).isForFailure?.(step) ?? false;
}

export function failureRule(step: Step): FailureRule {
  const rule = ruleOf(step).onFailure;
  return typeof rule === 'string' ? rule : rule(step);
}
