import type { Config } from '../config/schema.ts';
import { explain } from '../domain/errors.ts';
import type { CopyOutcome } from '../domain/journal.ts';
import type { Root } from '../host/root.ts';
import { judgeCopy } from './judge.ts';
import { readSource, type Source } from './source.ts';
import { type CopyHelper, startHelper } from './spawn.ts';
import { findTargets, type Target } from './targets.ts';

export type SyncOptions = {
  root: Root;
  config: Config['copies'];
  /** Node path of the kubeconfig that copies are made of. */
  source: string;
  /** Node paths of the CA certificates that sign the cluster's client certificates. */
  clientCa: string[];
  /** Nothing is written; what would be done is told as `left` with "would be …". */
  dryRun?: boolean;
  /** Keep one between calls: copies that did not change since are not opened again. */
  cache?: CopyCache;
};

/** What was found at a path, and the state of file and source it was found at. */
export type CopyCache = Map<string, { key: string; outcome: CopyOutcome }>;

/**
 * Brings users' kubeconfig copies up to date with the node's own kubeconfig; a second run changes nothing. All reading
 * and writing of a copy happens in a helper process that runs as the copy's owner. Never throws: a source that cannot be
 * used is one `failed` outcome at its path.
 */
export async function syncCopies(options: SyncOptions): Promise<CopyOutcome[]> {
  if (!options.config.enabled) return [];
  let source: Source;
  try {
    source = await readSource(options.root, options.source, options.clientCa);
  } catch (error) {
    return [{ path: options.source, user: 'root', result: 'failed', detail: explain(error) }];
  }
  const { targets, outcomes } = await findTargets(options.root, options.config, options.source);
  const remembered = targets.flatMap((target) => recall(target, source, options) ?? []);
  const open = targets.filter((target) => recall(target, source, options) === null);
  const done = await inTurns(byIdentity(open), (group) => syncGroup(group, source, options));
  const all = [...outcomes, ...remembered, ...done.flat()];
  return all.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

/** One helper process a user. */
async function syncGroup(targets: Target[], source: Source, options: SyncOptions): Promise<CopyOutcome[]> {
  const helper = startHelper({ prefix: options.root.prefix, identity: targets[0]!.identity });
  try {
    const outcomes: CopyOutcome[] = [];
    for (const target of targets) {
      const found = await syncCopy(target, source, helper, options.dryRun ?? false);
      const outcome = { path: target.path, user: target.user, ...found };
      remember(target, source, options, outcome);
      outcomes.push(outcome);
    }
    return outcomes;
  } finally {
    helper.end();
  }
}

type Found = Pick<CopyOutcome, 'result' | 'detail'>;

async function syncCopy(target: Target, source: Source, helper: CopyHelper, dryRun: boolean): Promise<Found> {
  const { at } = target;
  const answer = await helper.ask({ do: 'read', at });
  if (answer.is === 'absent') return target.create ? await createCopy(target, source, helper, dryRun) : gone();
  if (answer.is === 'done') return { result: 'failed', detail: 'its helper process answered nonsense' };
  if (answer.is !== 'read') return { result: answer.is, detail: answer.why };
  const judgement = judgeCopy(answer.content, source);
  if (judgement.result !== 'update') return { result: judgement.result, detail: judgement.detail };
  if (dryRun) return { result: 'left', detail: `would be updated: ${judgement.detail}` };
  const written = await helper.ask({ do: 'replace', at, version: answer.version, values: judgement.values });
  if (written.is === 'done') return { result: 'updated', detail: withNote(judgement.detail, written.note) };
  return unwritten(written);
}

async function createCopy(target: Target, source: Source, helper: CopyHelper, dryRun: boolean): Promise<Found> {
  if (dryRun) return { result: 'left', detail: `would be created from ${source.path}` };
  const written = await helper.ask({ do: 'create', at: target.at, content: source.text });
  if (written.is === 'done') return { result: 'created', detail: `from ${source.path}` };
  return unwritten(written);
}

type Answered = Awaited<ReturnType<CopyHelper['ask']>>;

function unwritten(answer: Answered): Found {
  if (answer.is === 'absent') return gone();
  if (answer.is === 'done' || answer.is === 'read')
    return { result: 'failed', detail: 'its helper process answered nonsense' };
  return { result: answer.is, detail: answer.why };
}

const gone = (): Found => ({ result: 'left', detail: 'is not there any more' });
const withNote = (detail: string, note: string) => (note === '' ? detail : `${detail}; ${note}`);

function byIdentity(targets: Target[]): Target[][] {
  const groups = Map.groupBy(targets, ({ identity, user }) =>
    JSON.stringify(identity === null ? null : [identity, user]),
  );
  return [...groups.values()];
}

/** Two helpers at a time: quick for many users, and no burst of processes on a busy node. */
async function inTurns<T, R>(items: T[], act: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) results.push(await act(item));
  };
  await Promise.all([worker(), worker()]);
  return results;
}

const keyOf = (target: Target, source: Source) =>
  target.stamp === null ? null : `${target.stamp} ${source.fingerprint}`;

function recall(target: Target, source: Source, { cache }: SyncOptions): CopyOutcome | null {
  const known = cache?.get(target.path);
  return known !== undefined && known.key === keyOf(target, source) ? known.outcome : null;
}

/** Only what stays true while neither file nor source changes; a failure is tried again. */
function remember(target: Target, source: Source, { cache, dryRun }: SyncOptions, outcome: CopyOutcome): void {
  const key = keyOf(target, source);
  const lasting = ['current', 'left', 'refused'].includes(outcome.result) && dryRun !== true;
  if (key !== null && lasting) cache?.set(target.path, { key, outcome });
}
