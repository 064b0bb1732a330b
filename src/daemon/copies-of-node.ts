import type { Config } from '../config/schema.ts';
import type { NodeFacts } from '../domain/model/inventory.ts';
import type { CopyOutcome } from '../domain/model/journal.ts';
import type { Root } from '../host/root.ts';
import { type CopyCache, syncCopies } from '../sync/sync.ts';

/**
 * Brings users' kubeconfig copies of the node up to date, or with `dryRun` tells what would be done. None where there is
 * no admin kubeconfig.
 */
export type Copies = (options: { config: Config; node: NodeFacts; dryRun: boolean }) => Promise<CopyOutcome[]>;

/** Copies that did not change are not opened again at every cycle. */
export function makeCopies(root: Root): Copies {
  const cache: CopyCache = new Map();
  return async ({ config, node, dryRun }) => {
    const source = node.paths.adminKubeconfig;
    if (source === null) return [];
    const ca = node.distribution === 'kubeadm' ? 'ca.crt' : 'client-ca.crt';
    const clientCa = [`${node.paths.certificatesDir}/${ca}`];
    return syncCopies({ root, config: config.copies, source, clientCa, dryRun, cache });
  };
}
