import type { HealthCheck } from '../../model/health-check.ts';
import type { ComponentName } from '../../model/inventory.ts';
import type { PodIdentity } from '../../model/pod-identity.ts';
import { formatDuration, MINUTE } from '../../time/duration.ts';

/** How the kubelet is made to restart a static pod. `renew/components/restart-methods.ts` carries each of them out. */
export type RestartMethod = 'signal' | 'annotate' | 'move';

/**
 * A process younger than this is not signalled: the kubelet restarts a container at once, but the next time within ten
 * minutes only after 10 s, then 20 … 300 (measured on v1.36). Milliseconds.
 */
export const MIN_AGE = 10 * MINUTE;

export type StaticPodRestart = {
  component: ComponentName;
  manifest: string;
  method: RestartMethod;
  /** Arguments the component's process carries: they tell it from other clusters' processes on the same node. */
  processArguments: string[];
  /** The pod that its processes belong to; left out by earlier versions. */
  pod?: PodIdentity;
  /** Method "signal": milliseconds after SIGTERM at which it gets SIGKILL; left out: it gets none. */
  killAfter?: number;
  /** Method "signal": the kubelet that must answer before; left out: nobody can be asked. */
  kubelet?: HealthCheck;
  health: HealthCheck | null;
  limit: number;
};

const METHODS: Record<RestartMethod, (step: StaticPodRestart) => string> = {
  signal: ({ killAfter }) =>
    `a signal to its process (SIGTERM${killAfter === undefined ? '' : `, then SIGKILL after ${formatDuration(killAfter)}`})`,
  annotate: ({ manifest }) => `an annotation in ${manifest}`,
  move: ({ manifest }) => `moving ${manifest} out and back`,
};

export function describeRestart(step: StaticPodRestart): string {
  return `restart ${step.component} by ${METHODS[step.method](step)}`;
}
