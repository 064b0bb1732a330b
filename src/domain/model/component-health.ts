import type { Distribution } from '../distributions/names.ts';
import type { Instant } from './certificate.ts';
import type { HealthCheck } from './health-check.ts';
import type { PodIdentity } from './pod-identity.ts';

/** The components certagent knows by name: static pods, units of their own, or parts of one process (K3s, RKE2, k0s). */
export type ComponentName = 'etcd' | 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler';

export type ComponentHealth = {
  /** A static pod, what a unit of its own runs, or the one process that a distribution's unit runs. */
  name: ComponentName | 'kubelet' | 'kube-proxy' | Distribution;
  /** On a node set up by hand: its unit, and the files that its flags name; absent elsewhere. */
  runBy?: { unit: string; files: string[] };
  /** Path of the static-pod manifest; null for units. */
  manifest: string | null;
  /** Running process, recognised by the certificate and kubeconfig paths in its arguments; null: none found. */
  pid: number | null;
  /** When that process began; null where there is none, and for units. */
  startedAt: Instant | null;
  /** Whether it runs as certagent's own user, so that certagent may signal it. */
  isSameUser: boolean;
  /**
   * Arguments its process carries, as /proc of this machine shows them (paths hold the root prefix): they tell it from
   * other clusters' processes on the same node. Empty for units.
   */
  processArguments: string[];
  /** The static pod that it runs in; null for units. */
  pod: PodIdentity | null;
  /** By the tag of its image, else as it says itself: "v1.36.3"; null for units, and where neither tells. */
  version: string | null;
  /** Whether its flags make it serve for a while after SIGTERM (`--shutdown-delay-duration`). */
  delaysShutdown: boolean;
  /** How to ask for its health. K3s: `/readyz` with the administrator's certificate; null for other units
   *  and when its manifest has no probe that can be asked. */
  health: HealthCheck | null;
  healthy: boolean;
  detail: string;
};
