import type { StepRule } from './step-rule.ts';

/** Stops the unit of K3s or RKE2 before its certificates are rotated; a later step starts it. */
export type StopUnitStep = { kind: 'stop-unit'; unit: string; limit: number };

export const stopUnit: StepRule<StopUnitStep> = {
  describe: ({ unit }) => `systemctl stop ${unit}`,
  onFailure: 'roll-back',
  // It writes none, but a plan that is cut short after it must be finished or undone: the unit has to run again.
  changes: 'certificates',
};
