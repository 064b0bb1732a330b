import { lstat, mkdir, readlink, rm, symlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CertagentError, errorCode } from '../../domain/model/errors.ts';
import { hold, readSmall, type StagedWrite, stageWrite, syncDirectory } from '../../host/files.ts';
import type { Root } from '../../host/root.ts';
import { throughLink } from '../components/manifest-link.ts';
import { isAuthority, isNamedAsAuthorityKey } from './authorities.ts';
import {
  BACKUP_FILE_LIMIT,
  type BackedUpFile,
  placeIn,
  readBackedUp,
  readManifest,
  sha256,
} from './backup-manifest.ts';
import { stemOf } from './lasting-files.ts';

/**
 * Puts files back from a backup: content, mode and owner, each replaced atomically, a key only together with its certificate;
 * what is as it was is left alone, and so is a CA, whatever the backup holds of it. `paths` null: everything the backup holds. Returns the paths that were changed. One file
 * that cannot be put back does not keep the others from it: throws CertagentError RESTORE_FAILED at the end, naming them.
 */
export async function restore(root: Root, backup: string, paths: string[] | null): Promise<string[]> {
  const { changed, failed } = await restoreEach(root, backup, paths);
  if (failed.length > 0) throw restoreFailed(backup, failed);
  return changed;
}

export type Failed = { path: string; error: unknown };

/** As `restore`, with what could not be put back. Throws CertagentError BACKUP_UNREADABLE. */
export async function restoreEach(
  root: Root,
  backup: string,
  paths: string[] | null,
): Promise<{ changed: string[]; failed: Failed[] }> {
  const directory = root.at(backup);
  const manifest = await readManifest(directory);
  const wanted = (path: string): boolean => paths === null || paths.includes(path);
  const changed: string[] = [];
  const failed: Failed[] = [];
  const attempt = async (group: string[], act: () => Promise<string[]>): Promise<void> => {
    await act().then(
      (done) => changed.push(...done),
      (error: unknown) => failed.push(...group.map((path) => ({ path, error }))),
    );
  };
  const one = (path: string, act: () => Promise<boolean>) =>
    attempt([path], async () => (wanted(path) && (await act()) ? [path] : []));
  const files = manifest.files.filter(({ path }) => wanted(path));
  for (const group of Map.groupBy(files, ({ path }) => stemOf(path)).values()) {
    const names = group.map(({ path }) => path);
    await attempt(names, async () =>
      (await isOfAuthority(directory, group)) ? [] : restoreTogether(root, directory, group),
    );
  }
  for (const link of manifest.links) await one(link.path, () => restoreLink(root, link));
  for (const path of manifest.absent) await one(path, () => removeFile(root, path));
  const { files: all, links, keys = [], absent } = manifest;
  const known = new Set([...all, ...links, ...keys].map(({ path }) => path).concat(absent));
  for (const path of paths ?? []) if (!known.has(path)) failed.push({ path, error: new Error('is not in the backup') });
  return { changed, failed };
}

export function restoreFailed(backup: string, failed: Failed[]): CertagentError {
  const paths = failed.map(({ path }) => path).join(', ');
  return new CertagentError('RESTORE_FAILED', `could not be put back from ${backup}: ${paths}`, {
    cause: failed[0]?.error,
    remedy: `Copy them by hand from ${backup}/files.`,
  });
}

/** Earlier versions copied the keys of CAs, too. */
async function isOfAuthority(directory: string, group: BackedUpFile[]): Promise<boolean> {
  const certificate = group.find(({ path }) => path.endsWith('.crt'));
  if (certificate === undefined) return group.some(({ path }) => isNamedAsAuthorityKey(path));
  return isAuthority((await readBackedUp(directory, certificate)).toString('utf8'));
}

/**
 * All are written beside their places before the first takes its place: a full disk never leaves a key without its
 * certificate. Nor does a file that cannot be replaced: then the others get back what they held.
 */
async function restoreTogether(root: Root, backup: string, group: BackedUpFile[]): Promise<string[]> {
  const staged: Staged[] = [];
  try {
    for (const file of group) {
      const target = await throughLink(root, file.path);
      if (await isAsItWas(target, file)) continue;
      const content = await readBackedUp(backup, file);
      await mkdir(dirname(target), { recursive: true, mode: 0o755 });
      const { mode, uid, gid, modifiedAt } = file;
      const like = placeIn(backup, file.path);
      const options = { mode, like, writtenAt: modifiedAt, ...(mayChown(file) ? { uid, gid } : {}) };
      staged.push({ path: file.path, target, write: await stageWrite(target, content, options) });
    }
  } catch (error) {
    for (const { write } of staged) await write.discard();
    throw error;
  }
  await commitAll(staged);
  return staged.map(({ path }) => path);
}

export type Staged = { path: string; target: string; write: StagedWrite };

/** All take their places, or none. */
export async function commitAll(staged: Staged[]): Promise<void> {
  const holds = await Promise.all(
    staged.map(async (each) => ({ ...each, held: staged.length > 1 ? await hold(each.target) : null })),
  );
  // What could not be held may be impossible to replace, so that is tried first, while nothing has changed.
  holds.sort((a, b) => Number(a.held !== null) - Number(b.held !== null));
  let done = 0;
  try {
    for (; done < holds.length; done += 1) await holds[done]!.write.commit();
  } catch (error) {
    for (const { held } of holds.slice(0, done)) await held?.putBack();
    for (const { write } of holds.slice(done)) await write.discard();
    throw error;
  } finally {
    for (const { held } of holds) await held?.drop();
  }
}

async function isAsItWas(path: string, file: BackedUpFile): Promise<boolean> {
  try {
    const { bytes, facts } = await readSmall(path, BACKUP_FILE_LIMIT);
    return (
      sha256(bytes) === file.sha256 &&
      facts.mode === file.mode &&
      (!mayChown(file) || (facts.uid === file.uid && facts.gid === file.gid))
    );
  } catch {
    return false;
  }
}

/** Without root a file can only be given to oneself. */
function mayChown({ uid }: BackedUpFile): boolean {
  return process.getuid?.() === 0 || process.getuid?.() === uid;
}

async function restoreLink(root: Root, link: { path: string; target: string }): Promise<boolean> {
  const at = root.at(link.path);
  if ((await readlink(at).catch(() => null)) === link.target) return false;
  await rm(at, { force: true });
  await symlink(link.target, at);
  await syncDirectory(dirname(at));
  return true;
}

async function removeFile(root: Root, path: string): Promise<boolean> {
  const at = root.at(path);
  try {
    if (!(await lstat(at)).isFile()) return false;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
  await rm(at);
  await syncDirectory(dirname(at));
  return true;
}
