import { lstat, mkdir, readlink, rm, symlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CertagentError, errorCode } from '../../domain/model/errors.ts';
import { readSmall, type StagedWrite, stageWrite, syncDirectory } from '../../host/files.ts';
import type { Root } from '../../host/root.ts';
import { throughLink } from '../components/manifest-link.ts';
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
 * what is as it was is left alone. `paths` null: everything the backup holds. Returns the paths that were changed. One file
 * that cannot be put back does not keep the others from it: throws CertagentError RESTORE_FAILED at the end, naming them.
 */
export async function restore(root: Root, backup: string, paths: string[] | null): Promise<string[]> {
  const directory = root.at(backup);
  const manifest = await readManifest(directory);
  const wanted = (path: string): boolean => paths === null || paths.includes(path);
  const changed: string[] = [];
  const failed: { path: string; error: unknown }[] = [];
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
    await attempt(names, () => restoreTogether(root, directory, group));
  }
  for (const link of manifest.links) await one(link.path, () => restoreLink(root, link));
  for (const path of manifest.absent) await one(path, () => removeFile(root, path));
  const known = new Set([...manifest.files, ...manifest.links].map(({ path }) => path).concat(manifest.absent));
  for (const path of paths ?? []) if (!known.has(path)) failed.push({ path, error: new Error('is not in the backup') });
  if (failed.length > 0) {
    throw new CertagentError(
      'RESTORE_FAILED',
      `could not be put back from ${backup}: ${failed.map(({ path }) => path).join(', ')}`,
      { cause: failed[0]?.error, remedy: `Copy them by hand from ${backup}/files.` },
    );
  }
  return changed;
}

/** All are written beside their places before the first takes its place: a full disk never leaves a key without its certificate. */
async function restoreTogether(root: Root, backup: string, group: BackedUpFile[]): Promise<string[]> {
  const staged: { path: string; write: StagedWrite }[] = [];
  try {
    for (const file of group) {
      const target = await throughLink(root, file.path);
      if (await isAsItWas(target, file)) continue;
      const content = await readBackedUp(backup, file);
      await mkdir(dirname(target), { recursive: true, mode: 0o755 });
      const { mode, uid, gid, modifiedAt } = file;
      const like = placeIn(backup, file.path);
      const options = { mode, like, writtenAt: modifiedAt, ...(mayChown(file) ? { uid, gid } : {}) };
      staged.push({ path: file.path, write: await stageWrite(target, content, options) });
    }
  } catch (error) {
    for (const { write } of staged) await write.discard();
    throw error;
  }
  for (const { write } of staged) await write.commit();
  return staged.map(({ path }) => path);
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
