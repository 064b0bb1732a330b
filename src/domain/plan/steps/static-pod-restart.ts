import type { HealthCheck } from '../../model/health-check.ts';
import type { ComponentName } from '../../model/inventory.ts';

/** How the kubelet is made to restart a static pod. `renew/components/restart-methods.ts` carries each of them out. */
export type RestartMethod = 'annotate' | 'move';

export type StaticPodRestart = {
  component: ComponentName;
  manifest: string;
  method: RestartMethod;
  /** Arguments the component's process carries: they tell it from other clusters' processes on the same node. */
  processArguments: string[];
  health: HealthCheck | null;
  limit: number;
};

const METHODS: Record<RestartMethod, (manifest: string) => string> = {
  annotate: (manifest) => `an annotation in ${manifest}`,
  move: (manifest) => `moving ${manifest} out and back`,
};

export function describeRestart({ component, manifest, method }: StaticPodRestart): string {
  return `restart ${component} by ${METHODS[method](manifest)}`;
}
