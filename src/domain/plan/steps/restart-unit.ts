import { MINUTE } from '../../time/duration.ts';
import type { StepRule } from './step-rule.ts';

/**
 * Restarts the unit of K3s or RKE2, whose start renews. `listener`: of a server whose plan does not create the trigger
 * anyway. Should its start hang on this expired certificate (`path`), the file `trigger` is created and the unit restarted
 * once more.
 */
export type RestartUnitStep = {
  kind: 'restart-unit';
  unit: string;
  limit: number;
  listener?: { path: string; trigger: string };
};

/** systemd waits for 10 minutes until certagent has ended (`TimeoutStopSec`). */
const STOPS_WITHIN = 8 * MINUTE;

export const restartUnit: StepRule<RestartUnitStep> = {
  describe: ({ unit }) => `systemctl restart ${unit}`,
  onFailure: 'roll-back',
  changes: 'certificates',
  isLeftAtOnce: ({ limit }) => limit > STOPS_WITHIN,
};
