import type { Config } from '../config/schema.ts';
import type { NodeFacts } from '../domain/inventory.ts';
import type { CopyOutcome } from '../domain/journal.ts';
import type { Root } from '../host/root.ts';
import { type CopyCache, syncCopies } from '../sync/sync.ts';

export type Copies = {
  /** Brings the copies up to date, or with `dryRun` tells what would be done. None where there is no admin kubeconfig. */
  update(options: { config: Config; node: NodeFacts; dryRun: boolean }): Promise<CopyOutcome[]>;
  /** What the last `update` found. */
  last(): CopyOutcome[];
};

/** Users' kubeconfig copies of this node. Copies that did not change are not opened again at every cycle. */
export function makeCopies(root: Root): Copies {
  const cache: CopyCache = new Map();
  let found: CopyOutcome[] = [];
  return {
    async update({ config, node, dryRun }) {
      const source = node.paths.adminKubeconfig;
      const ca = node.distribution === 'kubeadm' ? 'ca.crt' : 'client-ca.crt';
      const clientCa = [`${node.paths.certificatesDir}/${ca}`];
      found = source === null ? [] : await syncCopies({ root, config: config.copies, source, clientCa, dryRun, cache });
      return found;
    },
    last: () => found,
  };
}
