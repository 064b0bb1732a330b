import { MINUTE } from '../../time/duration.ts';
import type { StepRule } from './step-rule.ts';

/** Restarts the unit of K3s or RKE2, whose start renews. */
export type RestartUnitStep = { kind: 'restart-unit'; unit: string; limit: number };

/** systemd waits for 10 minutes until certagent has ended (`TimeoutStopSec`). */
const STOPS_WITHIN = 8 * MINUTE;

export const restartUnit: StepRule<RestartUnitStep> = {
  describe: ({ unit }) => `systemctl restart ${unit}`,
  onFailure: 'roll-back',
  changes: 'certificates',
  isLeftAtOnce: ({ limit }) => limit > STOPS_WITHIN,
};
