import type { Blocker } from '../../domain/model/decision.ts';
import { explain } from '../../domain/model/errors.ts';
import type { Step } from '../../domain/model/plan.ts';
import { backupOf } from '../../domain/plan/plan-parts.ts';
import { authoritiesOfOthers } from '../undo/guard.ts';
import type { PlanError, Run } from './plan-run.ts';
import type { RenewContext } from './renew-context.ts';

/** Before a step: what forbids to go on since the plan was made. null: nothing. */
export async function lostPrecondition(run: Run, step: Step, context: RenewContext): Promise<Blocker | null> {
  const authorities = await authoritiesOfOthers(context.root, run);
  if (authorities.length > 0) {
    return {
      code: 'CA_CHANGED',
      why: `somebody has changed the CA: ${authorities.join(', ')}`,
      remedy: 'Finish what was begun with the CA.',
    };
  }
  return otherAtWork(run, step, context);
}

/** Whether another program or person has begun to change the node. When that is unknown, it counts as begun. */
export async function otherAtWork(run: Run, step: Step, { stillHolds }: RenewContext): Promise<Blocker | null> {
  if (stillHolds === undefined) return null;
  return stillHolds(step, isStoppedByPlan(run)).catch((error: unknown) => ({
    code: 'OTHERS_UNSEEN' as const,
    why: `certagent cannot see whether another program changes the node: ${explain(error)}`,
    remedy: 'See the cause.',
  }));
}

/** Whether a step has stopped the unit, and no later one has begun to start it. */
export function isStoppedByPlan({ undos }: Pick<Run, 'undos'>): boolean {
  const kinds = [...undos.values()].map(({ kind }) => kind);
  return kinds.includes('start-unit') && !kinds.includes('restart-unit');
}

/** `when`: "before step 3". */
export function preconditionLost({ plan }: Run, { why, remedy }: Blocker, when: string): PlanError {
  const backup = backupOf(plan);
  return {
    code: 'PRECONDITION_LOST',
    message: `certagent stopped ${when} of ${plan.steps.length} and put nothing back: ${why}`,
    remedy: `${remedy} Then certagent decides again at its next check. What the node held before the renewal is in ${backup}.`,
  };
}
