import type { StepRule } from './step-rule.ts';

/** Restarts the unit of K3s or RKE2, whose start renews. */
export type RestartUnitStep = { kind: 'restart-unit'; unit: string; limit: number };

export const restartUnit: StepRule<RestartUnitStep> = {
  describe: ({ unit }) => `systemctl restart ${unit}`,
  onFailure: 'roll-back',
  changes: 'certificates',
};
