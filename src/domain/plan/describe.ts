import type { RenewalPlan, Step } from '../model/plan.ts';
import { counted } from './steps/counted.ts';
import { ruleOf } from './steps/step-rules.ts';

/** A plan for people: what it renews or restores and why, then its steps, numbered; lines joined by newlines. */
export function describePlan(plan: RenewalPlan): string {
  const width = String(plan.steps.length).length;
  const steps = plan.steps.map(
    (step, index) => `${String(index + 1).padStart(width + 2)}. ${describeStep(step, plan)}`,
  );
  const verb = plan.restores === undefined ? 'Renew' : 'Restore';
  const title = `${verb} ${counted(plan.certificates.length, 'certificate')} of ${plan.distribution}: ${plan.why}`;
  return [title, ...steps].join('\n');
}

/** One line that says what a step does in this plan. */
export function describeStep(step: Step, { restores }: Pick<RenewalPlan, 'restores'>): string {
  return ruleOf(step).describe(step, restores !== undefined);
}
