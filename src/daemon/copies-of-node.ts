import type { Config } from '../config/schema.ts';
import { rulesOfNode } from '../domain/distributions/index.ts';
import type { Inventory, NodeFacts } from '../domain/model/inventory.ts';
import type { CopyOutcome } from '../domain/model/journal.ts';
import type { Root } from '../host/root.ts';
import type { CopyCache } from '../sync/cache.ts';
import { rememberSource, syncCopies } from '../sync/sync-copies.ts';

/**
 * Updates users' kubeconfig copies, or with `dryRun` reports what would be done. Nothing where the node has no admin
 * kubeconfig.
 */
export type Copies = {
  (options: CopiesRequest): Promise<CopyOutcome[]>;
  /** Before a renewal: which certificate the node's kubeconfig holds until then. */
  beforeRenewal(node: NodeFacts): Promise<void>;
};

export type CopiesRequest = {
  config: Config;
  inventory: Pick<Inventory, 'node' | 'takenAt' | 'clock'>;
  dryRun: boolean;
  /** Whether what is seen may be written to the state directory. */
  remember: boolean;
  adopt?: string | null;
};

/** Copies that did not change are not opened again at every check. */
export function makeCopies(root: Root): Copies {
  const cache: CopyCache = new Map();
  const sourceOf = (node: NodeFacts) => {
    const source = node.paths.adminKubeconfig;
    const clientCa = rulesOfNode(node)?.clientAuthorities(node.paths) ?? [];
    return source === null ? null : { root, source, clientCa };
  };
  const copies = async ({ config, inventory, ...rest }: CopiesRequest) => {
    const { node, takenAt: now, clock } = inventory;
    const source = sourceOf(node);
    if (source === null) return [];
    return syncCopies({ ...source, config: config.copies, now, clockTrusted: clock.doubt === null, cache, ...rest });
  };
  const beforeRenewal = async (node: NodeFacts) => {
    const source = sourceOf(node);
    if (source !== null) await rememberSource(source);
  };
  return Object.assign(copies, { beforeRenewal });
}
