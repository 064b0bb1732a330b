import { type Turn, waitingFor } from '../domain/cluster/turn.ts';
import type { Held } from '../domain/decide/with-turn.ts';
import type { Instant } from '../domain/model/certificate.ts';
import type { Progress } from '../domain/model/journal.ts';
import type { RenewalPlan, Step } from '../domain/model/plan.ts';
import { describeStep } from '../domain/plan/describe.ts';

type Kept = Extract<Turn, { kind: 'wait' | 'blocked' | 'rest' }>;

/** What a plan that may not begin is shown as. */
export function heldOf(turn: Kept, { certificates: ids }: RenewalPlan, timeZone: string): Held {
  switch (turn.kind) {
    case 'blocked':
      return { kind: 'blocked', ids, blockers: [turn.blocker] };
    case 'wait':
      return { kind: 'waiting', until: turn.until, code: turn.code, ids, why: waitingFor(turn, timeZone) };
    case 'rest':
      return { kind: 'waiting', until: null, code: 'TURN_OF_ANOTHER', ids, why: 'asks the other servers for its turn' };
  }
}

/** Of an agent or a worker. */
export function heldUntil(until: Instant, { certificates: ids }: RenewalPlan): Held {
  const why = 'the agents of a cluster restart one after the other: its own minute has not come';
  return { kind: 'waiting', until, code: 'TURN_OF_ANOTHER', ids, why };
}

/** What a person who asked for the renewal sees meanwhile. */
export function waitsForTurn(detail: string): Progress {
  return { planId: '', step: 0, steps: 1, title: 'wait for the turn of this node', state: 'waiting', detail };
}

/** In the middle of a plan. */
export function waitsAt(plan: RenewalPlan, step: Step, held: Held): Progress {
  const { id: planId, steps } = plan;
  const detail = held.kind === 'waiting' ? held.why : held.blockers.map(({ why }) => why).join('; ');
  return {
    planId,
    step: steps.indexOf(step),
    steps: steps.length,
    title: describeStep(step, plan),
    state: 'waiting',
    detail,
  };
}
