import type { Config } from '../config/schema.ts';
import { rulesOfNode } from '../domain/distributions/index.ts';
import type { NodeFacts } from '../domain/model/inventory.ts';
import type { CopyOutcome } from '../domain/model/journal.ts';
import type { Root } from '../host/root.ts';
import { type CopyCache, syncCopies } from '../sync/sync.ts';

/**
 * Updates users' kubeconfig copies of the node's, or with `dryRun` reports what would be done. Nothing where the node has no
 * admin kubeconfig.
 */
export type Copies = (options: { config: Config; node: NodeFacts; dryRun: boolean }) => Promise<CopyOutcome[]>;

/** Copies that did not change are not opened again at every check. */
export function makeCopies(root: Root): Copies {
  const cache: CopyCache = new Map();
  return async ({ config, node, dryRun }) => {
    const source = node.paths.adminKubeconfig;
    if (source === null) return [];
    const clientCa = rulesOfNode(node)?.clientAuthorities(node.paths) ?? [];
    return syncCopies({ root, config: config.copies, source, clientCa, dryRun, cache });
  };
}
