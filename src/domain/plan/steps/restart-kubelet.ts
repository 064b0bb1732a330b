import type { HealthCheck } from '../../model/health-check.ts';
import type { StepRule } from './step-rule.ts';

/** Restarts the kubelet's unit and waits until it stays. `health` null: it cannot be asked. */
export type RestartKubeletStep = { kind: 'restart-kubelet'; unit: string; health: HealthCheck | null; limit: number };

export const restartKubelet: StepRule<RestartKubeletStep> = {
  describe: ({ unit, health }) =>
    `systemctl restart ${unit}, and wait until it ${health === null ? 'stays' : 'is healthy'}`,
  onFailure: 'roll-back',
  changes: 'processes',
};
