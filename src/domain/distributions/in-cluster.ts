import type { Endpoint, NodePaths } from '../model/inventory.ts';
import { MINUTE } from '../time/duration.ts';

/** How a node of a distribution takes part in its cluster. */
export type InCluster = {
  /** Milliseconds that one server gets for its renewal where turns go by the time of day. */
  slot: number;
  /** Its API among what it serves, and the CA of that; null: its servers are not asked for turns. */
  api: { endpoint: Endpoint['name']; ca(paths: NodePaths): string } | null;
  /** The kubelet's kubeconfig, with which a node may change its own Node; null: it may be any file. */
  kubeletConf(paths: NodePaths): string | null;
};

/** Milliseconds. */
export const USUAL_SLOT = 10 * MINUTE;
