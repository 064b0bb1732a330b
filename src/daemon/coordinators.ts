import type { Coordinator } from '../cluster/coordinator.ts';
import type { Config } from '../config/schema.ts';
import type { Degraded } from '../domain/cluster/degraded.ts';
import type { Inventory } from '../domain/model/inventory.ts';
import { DAY } from '../domain/time/duration.ts';
import type { Root } from '../host/root.ts';

export type Coordinators = {
  /** null: this node takes no turns, because it is not a server of a cluster. */
  of(inventory: Inventory): Promise<Coordinator | null>;
  /** The one that was used last. */
  last(): Coordinator | null;
  /** So that the membership is known when the API is away, and what is wrong with the Lease before it is needed. */
  lookOnceADay(inventory: Inventory, seen: (degraded: Degraded | null) => void): Promise<void>;
};

/** Loaded when they are needed: a worker never does. What it is made of can change with the configuration and with the node. */
export function makeCoordinators(options: {
  root: Root;
  config: () => Config;
  now: () => number;
  signal: AbortSignal;
}): Coordinators {
  const { root, signal, now } = options;
  const clocks = () => ({ wall: now(), steady: performance.now() });
  let known: { key: string; coordinator: Coordinator } | null = null;
  let lookedAt = Number.NEGATIVE_INFINITY;

  const of: Coordinators['of'] = async (inventory) => {
    const { ownServer } = await import('../cluster/own-server.ts');
    const own = ownServer(inventory, options.config().cluster.kubeconfig);
    if (own === null) return null;
    const key = JSON.stringify(own);
    if (known?.key !== key) {
      const { makeCoordinator } = await import('../cluster/coordinator.ts');
      known = { key, coordinator: await makeCoordinator({ root, own, clocks, signal }) };
    }
    return known.coordinator;
  };

  return {
    of,
    last: () => known?.coordinator ?? null,
    async lookOnceADay(inventory, seen) {
      const at = performance.now();
      if (options.config().cluster.coordinate === 'none' || signal.aborted || at - lookedAt < DAY) return;
      lookedAt = at;
      const coordinator = await of(inventory);
      if (coordinator !== null) seen(await coordinator.look());
    },
  };
}
