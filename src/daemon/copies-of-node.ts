import type { Config } from '../config/schema.ts';
import { rulesOfNode } from '../domain/distributions/index.ts';
import type { Policy } from '../domain/model/decision.ts';
import type { Inventory, NodeFacts } from '../domain/model/inventory.ts';
import type { CopyOutcome } from '../domain/model/journal.ts';
import type { Root } from '../host/root.ts';
import type { CopyCache } from '../sync/cache.ts';
import { syncServiceCopies } from '../sync/services/service-copies.ts';
import { type Begun, beginSync, rememberSource, syncCopies } from '../sync/sync-copies.ts';
import { makeUserCertificates, withUsers } from './user-watch.ts';

/**
 * Updates users' kubeconfig copies, where the node has an admin kubeconfig, and services' copies of certificates; or with
 * `dryRun` reports what would be done.
 */
export type Copies = {
  (options: CopiesRequest): Promise<CopyOutcome[]>;
  /** Looks for copies while the node is being observed: the answer belongs into the request that follows. */
  begin(config: Config, node: Pick<NodeFacts, 'distribution' | 'paths'>): CopiesRequest['begun'];
  /** Before a renewal: which certificate the node's kubeconfig holds until then. */
  beforeRenewal(node: NodeFacts): Promise<void>;
  /** Nobody waits for a person's approval any more. */
  close(): void;
};

export type CopiesRequest = {
  config: Config;
  inventory: Inventory;
  policy: Policy;
  dryRun: boolean;
  /** Whether what is seen may be written to the state directory. */
  remember: boolean;
  adopt?: string | null;
  begun?: Promise<Begun> | undefined;
};

/** Copies that did not change are not opened again at every check. */
export function makeCopies(root: Root, wake: (() => void) | null = null): Copies {
  const users = makeUserCertificates(root, wake);
  const cache: CopyCache = new Map();
  const sourceOf = (node: Pick<NodeFacts, 'distribution' | 'paths'>) => {
    const source = node.paths.adminKubeconfig;
    const clientCa = rulesOfNode(node)?.clientAuthorities(node.paths) ?? [];
    return source === null ? null : { root, source, clientCa };
  };
  const copies = async ({ config, inventory, policy, ...rest }: CopiesRequest) => {
    const { node, takenAt: now, clock } = inventory;
    const source = sourceOf(node);
    const kubeconfigs =
      source === null
        ? []
        : await syncCopies({
            ...source,
            config: config.copies,
            now,
            clockTrusted: clock.doubt === null,
            cache,
            ...rest,
          });
    const { dryRun, remember } = rest;
    const services = await syncServiceCopies(config.copies.certificates, { root, inventory, dryRun });
    const own = await users.sync({ root, config, inventory, policy, dryRun, remember });
    return [...withUsers(kubeconfigs, own), ...services];
  };
  const beforeRenewal = async (node: NodeFacts) => {
    const source = sourceOf(node);
    if (source !== null) await rememberSource(source);
  };
  const begin: Copies['begin'] = (config, node) => {
    const source = config.copies.enabled ? sourceOf(node) : null;
    if (source === null) return undefined;
    const begun = beginSync({ ...source, config: config.copies });
    // Whoever asks for the copies hears of it.
    begun.catch(() => {});
    return begun;
  };
  return Object.assign(copies, { begin, beforeRenewal, close: users.close });
}
