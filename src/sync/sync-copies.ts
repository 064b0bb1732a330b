import type { Config } from '../config/schema.ts';
import type { Instant } from '../domain/model/certificate.ts';
import { CertagentError, explain } from '../domain/model/errors.ts';
import type { CopyOutcome } from '../domain/model/journal.ts';
import { mapBounded } from '../host/bounded.ts';
import type { Root } from '../host/root.ts';
import { isSilent, noteSilence } from '../host/silent.ts';
import { readSource, type Source } from './admin-kubeconfig.ts';
import { type CopyCache, recall, rememberOutcome } from './cache.ts';
import { syncCopy } from './copy.ts';
import { forgetting, type Memory, whyNotRenewed, withCurrent, withSource } from './memory.ts';
import { loadMemory, saveMemory } from './memory-file.ts';
import type { Hello } from './messages.ts';
import { type CopyHelper, startHelper } from './spawn.ts';
import { type FoundTargets, findTargets, type Target } from './targets.ts';

export type SyncOptions = {
  root: Root;
  config: Config['copies'];
  /** Node path of the kubeconfig that copies are made of. */
  source: string;
  /** Node paths of the CA certificates that sign the cluster's client certificates. */
  clientCa: string[];
  now: Instant;
  /** False while the clock is not believed: then nothing is forgotten for its age. */
  clockTrusted?: boolean;
  /** No copy is written; what would be done is `pending`. */
  dryRun?: boolean;
  /** Whether to save what was seen to the state directory; default: unless it is a dry run. */
  remember?: boolean;
  /** Node path of a copy to update regardless of what certagent remembers of it. */
  adopt?: string | null;
  /** Keep one between calls: copies that did not change since are not opened again. */
  cache?: CopyCache;
  /** What `beginSync` has found already. */
  begun?: Promise<Begun> | undefined;
  /** How a helper process is started; tests end it at moments of their choice. */
  helper?: (hello: Hello) => CopyHelper;
};

/**
 * Brings users' kubeconfig copies up to date with the node's own kubeconfig; a second run changes nothing. All reading
 * and writing of a copy happens in a helper process that runs as the copy's owner. Never throws: what stands in the way of
 * all copies is one `failed` outcome. Each outcome carries the copy's certificates as they are afterwards.
 */
export async function syncCopies(options: SyncOptions): Promise<CopyOutcome[]> {
  if (!options.config.enabled) return [];
  try {
    return await syncAll(options);
  } catch (error) {
    return [failed(options.source, error)];
  }
}

/**
 * Remembers which certificate the node's own kubeconfig holds. To be called before a renewal: a copy that was made since
 * the last check holds the previous certificate afterwards. Never throws.
 */
export async function rememberSource(options: Pick<SyncOptions, 'root' | 'source' | 'clientCa'>): Promise<void> {
  try {
    const { certificate } = await readSource(options.root, options.source, options.clientCa);
    const memory = await loadMemory(options.root);
    await saveMemory(options.root, memory, withSource(memory, certificate));
  } catch {
    // The copies' own check reports it, and leaves the copies in question.
  }
}

/** Quick for many users, and no burst of processes on a busy node. */
const HELPERS_AT_ONCE = 2;

/** What has to be known before a copy is opened. */
export type Begun = { source: Source; before: Memory; known: Memory; found: FoundTargets };

/** The first part of `syncCopies`, for which the node need not have been observed; its answer belongs into its options. */
export async function beginSync(options: Pick<SyncOptions, 'root' | 'config' | 'source' | 'clientCa'>): Promise<Begun> {
  const { root, config } = options;
  const source = await readSource(root, options.source, options.clientCa);
  const before = await loadMemory(root);
  const known = withSource(before, source.certificate);
  const paths = known.copies.map(({ path }) => path);
  return { source, before, known, found: await findTargets(root, config, options.source, paths) };
}

async function syncAll(options: SyncOptions): Promise<CopyOutcome[]> {
  const { root, dryRun = false, remember = !dryRun, adopt = null } = options;
  const { source, before, known, found } = await (options.begun ?? beginSync(options));
  const memory = passing(known, found, options);
  const run: Run = { ...options, dryRun, adopt, memory, sourceFile: source };
  const recalled = new Map(found.targets.map((target) => [target, adopt === target.path ? null : recall(target, run)]));
  const open = found.targets.filter((target) => recalled.get(target) === null);
  const groups = [...byIdentity(open), ...(dryRun ? [] : byIdentity(found.tidy))];
  const done = (await mapBounded(groups, HELPERS_AT_ONCE, (group) => syncGroup(group, found.tidy, run))).flat();
  const all = [...found.outcomes, ...[...recalled.values()].filter((one) => one !== null), ...done];
  if (adopt !== null && !found.targets.some(({ path }) => path === adopt)) all.push(...notAdopted(adopt, all));
  const outcomes = all.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  if (!remember) return outcomes;
  try {
    await saveMemory(root, before, withOutcomes(run.memory, found.targets, outcomes, source));
  } catch (error) {
    outcomes.push(failed(options.source, error));
  }
  return outcomes;
}

type Run = SyncOptions & {
  dryRun: boolean;
  adopt: string | null;
  memory: Memory;
  sourceFile: Source;
};

function passing(memory: Memory, { isGone }: FoundTargets, { config, now, clockTrusted = true }: SyncOptions): Memory {
  return forgetting(memory, { now: clockTrusted ? now : Number.NEGATIVE_INFINITY, grace: config.grace, isGone });
}

/** What holds the node's certificate now may be renewed later. */
function withOutcomes(memory: Memory, targets: Target[], outcomes: CopyOutcome[], source: Source): Memory {
  const held = new Set(
    outcomes.filter(({ result }) => ['current', 'updated', 'created'].includes(result)).map(({ path }) => path),
  );
  return targets
    .filter(({ path }) => held.has(path))
    .reduce((all, { path, uid }) => withCurrent(all, path, uid, source.certificate), memory);
}

/** One helper process a user. */
async function syncGroup(targets: Target[], tidy: Target[], run: Run): Promise<CopyOutcome[]> {
  const { root, helper: start = startHelper, sourceFile: source, dryRun } = run;
  const helper = start({ prefix: root.prefix, identity: targets[0]!.identity, clientCas: source.clientCas });
  const outcomes: CopyOutcome[] = [];
  try {
    for (const target of targets) {
      // Of this file alone: what its owner does to a helper must not hold up the copies of others.
      const place = `copy ${root.at(target.path)}`;
      if (isSilent(place)) {
        outcomes.push(...(tidy.includes(target) ? [] : [failed(target.path, SILENT, target.user)]));
        continue;
      }
      if (tidy.includes(target)) {
        await helper.ask({ do: 'tidy', at: target.at });
        continue;
      }
      const outcome = await syncCopy(target, source, helper, { dryRun, permit: permitFor(target, run) });
      const stuck = helper.stuck?.() ?? null;
      if (stuck !== null) noteSilence(place, stuck);
      rememberOutcome(target, run, outcome);
      outcomes.push(outcome);
    }
    return outcomes;
  } finally {
    helper.end();
  }
}

function permitFor({ path, uid, create }: Target, { adopt, memory, now, config: { grace } }: Run) {
  // Whom the configuration gives a copy keeps it.
  if (adopt === path || create) return () => null;
  return (certificate: Source['certificate']): string | null => {
    const why = whyNotRenewed(memory, { path, uid, certificate, now, grace });
    return why === null ? null : `${why}; to bring it up to date: certagent sync --adopt ${path}`;
  };
}

const SILENT = new CertagentError(
  'COPY_SILENT',
  'did not answer when it was last checked, and is not checked again yet',
);

function failed(path: string, error: unknown, user = 'root'): CopyOutcome {
  const remedy = error instanceof CertagentError && error.remedy !== undefined ? `. ${error.remedy}` : '';
  return { path, user, result: 'failed', detail: explain(error) + remedy, certificates: [] };
}

function notAdopted(adopt: string, outcomes: CopyOutcome[]): CopyOutcome[] {
  const detail = 'is not a copy that certagent knows; name it in copies.paths';
  return outcomes.some(({ path }) => path === adopt)
    ? []
    : [{ path: adopt, user: '', result: 'failed', detail, certificates: [] }];
}

function byIdentity(targets: Target[]): Target[][] {
  return [...Map.groupBy(targets, ({ identity }) => JSON.stringify(identity)).values()];
}
