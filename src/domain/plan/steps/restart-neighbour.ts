import type { PodIdentity } from '../../model/pod-identity.ts';
import type { StepRule } from './step-rule.ts';

/** Restarts a static pod that is not the control plane's and uses renewed files. The renewal itself does not depend on it. */
export type RestartNeighbourStep = {
  kind: 'restart-neighbour';
  pod: PodIdentity;
  manifest: string;
  limit: number;
};

export const restartNeighbour: StepRule<RestartNeighbourStep> = {
  describe: ({ pod, manifest }) => `restart ${pod.name} by an annotation in ${manifest}`,
  onFailure: 'continue',
  changes: 'processes',
};
