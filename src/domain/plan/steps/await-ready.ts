import type { HealthCheck } from '../../model/health-check.ts';
import { formatDuration } from '../../time/duration.ts';
import type { StepRule } from './step-rule.ts';

/** The health check is asked with the credentials of `kubeconfig` (K3s answers `/readyz` to nobody else). */
export type AwaitReadyStep = {
  kind: 'await-ready';
  unit: string;
  health: HealthCheck | null;
  kubeconfig: string | null;
  /** For how long the same process must stay ready; left out by earlier versions. */
  settle?: number;
  /** systemd takes the unit for started before it has written its files; left out: it has written them by then. */
  writesLate?: boolean;
  limit: number;
};

export const awaitReady: StepRule<AwaitReadyStep> = {
  describe: ({ unit, limit }) => `wait for ${unit} to be ready, at most ${formatDuration(limit)}`,
  onFailure: 'roll-back',
  changes: 'nothing',
  isLeftAtOnce: () => true,
};
