import { CertagentError } from '../../domain/model/errors.ts';
import { isStarting, type UnitState, unitState } from '../../host/systemd.ts';
import type { StepContext } from '../steps/actor.ts';
import { until } from '../wait.ts';

/**
 * Waits for the start that certagent began before it was stopped: another restart would take as long again. Returns whether
 * that start succeeded; false also where none is under way. Throws CertagentError UNIT_RESTART_TIMEOUT.
 */
export async function resumedStart(
  { unit, limit }: { unit: string; limit: number },
  { root, resumed, pollInterval, waiting, signal }: StepContext,
): Promise<boolean> {
  if (resumed !== true || !isUnderWay(await unitState(root, unit))) return false;
  const answer = await until(
    async () => {
      const state = await unitState(root, unit);
      return isUnderWay(state) ? `for ${unit}, whose start goes on` : state;
    },
    { limit, interval: pollInterval * 4, waiting, signal },
  );
  if (typeof answer !== 'string') return answer.active;
  throw new CertagentError('UNIT_RESTART_TIMEOUT', `the start of ${unit} did not finish in time`, {
    remedy: `See why: journalctl -u ${unit} -n 50`,
  });
}

function isUnderWay(state: UnitState): boolean {
  return isStarting(state) || state.activeState === 'deactivating';
}
