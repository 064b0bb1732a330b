import { lstat, mkdir, readlink, rm, symlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CertagentError, errorCode } from '../../domain/model/errors.ts';
import { readSmall, syncDirectory, writeAtomic } from '../../host/files.ts';
import type { Root } from '../../host/root.ts';
import { throughLink } from '../steps/link.ts';
import { BACKUP_FILE_LIMIT, type BackedUpFile, readBackedUp, readManifest, sha256 } from './backup-manifest.ts';

/**
 * Puts files back from a backup: content, mode and owner, each replaced atomically; what is as it was is left alone.
 * `paths` null: everything the backup holds. Returns the paths that were changed. One file that cannot be put back does
 * not keep the others from it: throws CertagentError RESTORE_FAILED at the end, naming them.
 */
export async function restore(root: Root, backup: string, paths: string[] | null): Promise<string[]> {
  const directory = root.at(backup);
  const manifest = await readManifest(directory);
  const wanted = (path: string): boolean => paths === null || paths.includes(path);
  const changed: string[] = [];
  const failed: { path: string; error: unknown }[] = [];
  const attempt = async (path: string, act: () => Promise<boolean>): Promise<void> => {
    try {
      if (wanted(path) && (await act())) changed.push(path);
    } catch (error) {
      failed.push({ path, error });
    }
  };
  for (const file of manifest.files) await attempt(file.path, () => restoreFile(root, directory, file));
  for (const link of manifest.links) await attempt(link.path, () => restoreLink(root, link));
  for (const path of manifest.absent) await attempt(path, () => removeFile(root, path));
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

async function restoreFile(root: Root, backup: string, file: BackedUpFile): Promise<boolean> {
  const target = await throughLink(root, file.path);
  if (await isAsItWas(target, file)) return false;
  const content = await readBackedUp(backup, file);
  await mkdir(dirname(target), { recursive: true, mode: 0o755 });
  const { mode, uid, gid, modifiedAt } = file;
  await writeAtomic(target, content, { mode, writtenAt: modifiedAt, ...(mayChown(file) ? { uid, gid } : {}) });
  return true;
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
