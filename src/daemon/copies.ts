import type { Config } from '../config/schema.ts';
import type { NodeFacts } from '../domain/inventory.ts';
import type { CopyOutcome } from '../domain/journal.ts';
import type { Root } from '../host/root.ts';
import { syncCopies } from '../sync/sync.ts';

/** Users' kubeconfig copies of this node; none where the node has no admin kubeconfig (workers, agents). */
export async function bringCopiesUpToDate(options: {
  root: Root;
  config: Config;
  node: NodeFacts;
  dryRun: boolean;
}): Promise<CopyOutcome[]> {
  const { root, config, node, dryRun } = options;
  const source = node.paths.adminKubeconfig;
  if (!config.copies.enabled || source === null) return [];
  const ca = node.distribution === 'kubeadm' ? 'ca.crt' : 'client-ca.crt';
  return syncCopies({ root, config: config.copies, source, clientCa: [`${node.paths.certificatesDir}/${ca}`], dryRun });
}
