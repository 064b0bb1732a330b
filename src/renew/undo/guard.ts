import { readlink, stat } from 'node:fs/promises';
import type { Instant } from '../../domain/model/certificate.ts';
import { errorCode } from '../../domain/model/errors.ts';
import type { Undo } from '../../domain/model/journal.ts';
import type { RenewalPlan } from '../../domain/model/plan.ts';
import { backupOf, expectationsOf, restartsUnit } from '../../domain/plan/plan-parts.ts';
import { followLinks } from '../../host/links.ts';
import type { Root } from '../../host/root.ts';
import { changedAuthorities, checksum } from '../backup/authorities.ts';
import { readManifest } from '../backup/backup-manifest.ts';
import { lastingFiles, stemOf } from '../backup/lasting-files.ts';
import { type Failed, restoreEach, restoreFailed } from '../backup/put-back-files.ts';

/** What a run knows of the files it has changed, from memory or from the journal of a killed agent. */
export type Traces = {
  plan: RenewalPlan;
  /** What undoes each step that was started, by the step's number. */
  undos: Map<number, Undo>;
  /** Checksum of each file right after the step that wrote it. */
  left: Map<string, string | null>;
  /**
   * Until when a step that a killed agent had in hand may have written by itself: its files have no checksum. Infinity
   * while the run is this process's own.
   */
  writtenUntil: Instant;
};

/** Paths that an undo changed, and paths that it left because somebody else had changed them. */
export type PutBack = { changed: string[]; left: string[] };

/**
 * The only way in which an undo writes files: each is compared with what certagent left there, and what somebody has changed
 * since stays. A key and its certificate are put back together or not at all. Throws what `restore` throws.
 */
export async function putBack(root: Root, backup: string, paths: string[], traces: Traces): Promise<PutBack> {
  const known = await foundBefore(root, backup, traces);
  const done: PutBack = { changed: [], left: [] };
  const failed: Failed[] = [];
  // Each pair right before it is replaced: with a slow disk, that can be long after the first.
  for (const group of Map.groupBy(paths, groupIn(traces.plan)).values()) {
    const { ours, left } = await judge(root, group, known, traces);
    done.left.push(...left);
    const restored = await restoreEach(root, backup, ours);
    done.changed.push(...restored.changed);
    failed.push(...restored.failed);
  }
  if (failed.length > 0) throw restoreFailed(backup, failed);
  return done;
}

/** CA certificates and keys that are not what the plan found or its unit made. Empty where no backup can tell. */
export async function authoritiesOfOthers(root: Root, traces: Traces): Promise<string[]> {
  const backup = backupOf(traces.plan);
  if (backup === null) return [];
  const changed = await changedAuthorities(root, backup).catch(() => []);
  if (changed.length === 0) return [];
  return (await judge(root, changed, await foundBefore(root, backup, traces), traces)).left;
}

type State = 'as-it-was' | 'ours' | 'theirs';

/** What the backup knows of each path, and whether a unit writes it at every start. */
type Known = { before: Map<string, Before>; unitWrites: (path: string) => boolean };

async function foundBefore(root: Root, backup: string, { plan }: Traces): Promise<Known> {
  return { before: await foundIn(root.at(backup)), unitWrites: await unitWritten(root, backup, plan) };
}

async function judge(
  root: Root,
  paths: string[],
  { before, unitWrites }: Known,
  traces: Traces,
): Promise<{ ours: string[]; left: string[] }> {
  const states = new Map<string, State>();
  for (const path of paths) states.set(path, await stateOf(root, path, before.get(path), unitWrites, traces));
  const foreign = new Set(paths.filter((path) => states.get(path) === 'theirs').map(groupIn(traces.plan)));
  const isLeft = (path: string): boolean => foreign.has(groupIn(traces.plan)(path)) && states.get(path) !== 'as-it-was';
  return {
    ours: paths.filter((path) => states.get(path) === 'ours' && !isLeft(path)),
    left: paths.filter(isLeft),
  };
}

async function stateOf(
  root: Root,
  path: string,
  before: Before | undefined,
  isUnitWritten: (path: string) => boolean,
  traces: Traces,
): Promise<State> {
  if (before !== null && typeof before === 'object') return stateOfLink(root.at(path), before);
  const now = await checksum(root, path);
  if (now === before) return 'as-it-was';
  // Not in the backup: it cannot be put back, and `restore` says so.
  if (before === undefined || isUnitWritten(path)) return 'ours';
  const restored = restoredContent(path, traces.plan);
  if (restored !== null) return now === restored ? 'ours' : 'theirs';
  const left = traces.left.get(path);
  if (left !== undefined) return now === left ? 'ours' : 'theirs';
  const mayBeOurs = isWrittenBy(path, traces) && !(await isLaterThan(root, path, traces.writtenUntil));
  return mayBeOurs ? 'ours' : 'theirs';
}

/** SHA-256 of what a restore or an installation puts there: each file is replaced as a whole, so that it holds this or what it held. */
function restoredContent(path: string, { steps }: RenewalPlan): string | null {
  const files = steps.flatMap((step) =>
    step.kind === 'restore-files' || step.kind === 'install-files' ? step.pairs.flatMap((pair) => pair.files) : [],
  );
  return files.find((file) => file.path === path)?.sha256 ?? null;
}

/** No step and no unit changes a link; a missing one may be half put back. */
async function stateOfLink(at: string, { target }: { target: string }): Promise<State> {
  const now = await readlink(at).catch((error: unknown) => (errorCode(error) === 'ENOENT' ? null : ''));
  if (now === target) return 'as-it-was';
  return now === null ? 'ours' : 'theirs';
}

/** What a path was: a checksum, the target of a link, or null for a file that was not there. */
type Before = string | null | { target: string };

async function foundIn(directory: string): Promise<Map<string, Before>> {
  const { files, links, absent, keys = [] } = await readManifest(directory);
  return new Map<string, Before>([
    ...[...files, ...keys].map(({ path, sha256 }) => [path, sha256] as const),
    ...links.map(({ path, target }) => [path, { target }] as const),
    ...absent.map((path) => [path, null] as const),
  ]);
}

/** What a unit writes at every start does not show that a person changed something. */
async function unitWritten(root: Root, backup: string, plan: RenewalPlan): Promise<(path: string) => boolean> {
  if (!restartsUnit(plan)) return () => false;
  const lasting = new Set(await lastingFiles(root, backup));
  return (path) => !lasting.has(path);
}

/** A certificate and its key are one group; other files are groups of their own. */
function groupIn(plan: RenewalPlan): (path: string) => string {
  const certificates = new Map(expectationsOf(plan).map(({ path, keyPath }) => [keyPath, path]));
  return (path) => stemOf(certificates.get(path) ?? path);
}

function isWrittenBy(path: string, { undos }: Traces): boolean {
  return [...undos.values()].some(
    (undo) =>
      undo.kind === 'restart-unit' ||
      (undo.kind === 'restore' && undo.files.includes(path)) ||
      (undo.kind === 'return-manifest' && undo.manifest === path),
  );
}

/** By the inode's ctime: a file that was copied into its place may have any mtime. */
async function isLaterThan(root: Root, path: string, since: Instant): Promise<boolean> {
  return stat(await followLinks(root, path)).then(
    ({ ctimeMs }) => ctimeMs > since,
    () => false,
  );
}
