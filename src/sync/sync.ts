import type { Config } from '../config/schema.ts';
import { explain } from '../domain/model/errors.ts';
import type { CopyOutcome } from '../domain/model/journal.ts';
import { mapBounded } from '../host/bounded.ts';
import type { Root } from '../host/root.ts';
import { readSource, type Source } from './admin-kubeconfig.ts';
import { syncCopy } from './copy.ts';
import type { Hello } from './messages.ts';
import { type CopyHelper, startHelper } from './spawn.ts';
import { findTargets, type Target } from './targets.ts';

export type SyncOptions = {
  root: Root;
  config: Config['copies'];
  /** Node path of the kubeconfig that copies are made of. */
  source: string;
  /** Node paths of the CA certificates that sign the cluster's client certificates. */
  clientCa: string[];
  /** Nothing is written; what would be done is `pending`. */
  dryRun?: boolean;
  /** Keep one between calls: copies that did not change since are not opened again. */
  cache?: CopyCache;
  /** How a helper process is started; tests end it at moments of their choice. */
  helper?: (hello: Hello) => CopyHelper;
};

/** What was found at a path, and the state of file and source it was found at. */
export type CopyCache = Map<string, { key: string; outcome: CopyOutcome }>;

/**
 * Brings users' kubeconfig copies up to date with the node's own kubeconfig; a second run changes nothing. All reading
 * and writing of a copy happens in a helper process that runs as the copy's owner. Never throws: a source that cannot be
 * used is one `failed` outcome at its path. Each outcome carries the copy's certificates as they are afterwards.
 */
export async function syncCopies(options: SyncOptions): Promise<CopyOutcome[]> {
  if (!options.config.enabled) return [];
  let source: Source;
  try {
    source = await readSource(options.root, options.source, options.clientCa);
  } catch (error) {
    return [{ path: options.source, user: 'root', result: 'failed', detail: explain(error), certificates: [] }];
  }
  const { targets, outcomes } = await findTargets(options.root, options.config, options.source);
  const remembered = targets.flatMap((target) => recall(target, source, options) ?? []);
  const open = targets.filter((target) => recall(target, source, options) === null);
  // Quick for many users, and no burst of processes on a busy node.
  const done = await mapBounded(byIdentity(open), HELPERS_AT_ONCE, (group) => syncGroup(group, source, options));
  const all = [...outcomes, ...remembered, ...done.flat()];
  return all.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

/** One helper process a user. */
async function syncGroup(targets: Target[], source: Source, options: SyncOptions): Promise<CopyOutcome[]> {
  const { root, dryRun = false, helper: start = startHelper } = options;
  const { clientCas } = source;
  const helper = start({ prefix: root.prefix, identity: targets[0]!.identity, clientCas });
  try {
    const outcomes: CopyOutcome[] = [];
    for (const target of targets) {
      const outcome = await syncCopy(target, source, helper, dryRun);
      remember(target, source, options, outcome);
      outcomes.push(outcome);
    }
    return outcomes;
  } finally {
    helper.end();
  }
}

const HELPERS_AT_ONCE = 2;

function byIdentity(targets: Target[]): Target[][] {
  return [...Map.groupBy(targets, ({ identity }) => JSON.stringify(identity)).values()];
}

const keyOf = (target: Target, source: Source) =>
  target.stamp === null ? null : `${target.stamp} ${source.fingerprint}`;

function recall(target: Target, source: Source, { cache, dryRun }: SyncOptions): CopyOutcome | null {
  const known = cache?.get(target.path);
  if (known === undefined || known.key !== keyOf(target, source)) return null;
  return known.outcome.result !== 'pending' || dryRun === true ? known.outcome : null;
}

/** Only what stays true while neither file nor source changes; a failure is tried again. */
function remember(target: Target, source: Source, { cache }: SyncOptions, outcome: CopyOutcome): void {
  const key = keyOf(target, source);
  const lasting = ['current', 'left', 'refused', 'pending'].includes(outcome.result);
  if (key !== null && lasting) cache?.set(target.path, { key, outcome });
}
