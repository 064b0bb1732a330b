import { lstat, mkdir, readlink, rename, rm, stat, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CertagentError, errorCode } from '../../domain/model/errors.ts';
import { type FileFacts, readSmall, syncDirectory, type WriteOptions, writeAtomic } from '../../host/files.ts';
import { followLinks } from '../../host/links.ts';
import { type Root, STATE_DIR } from '../../host/root.ts';

export async function readManifestFile(
  root: Root,
  { manifest }: { manifest: string },
): Promise<{ bytes: Buffer; facts: FileFacts }> {
  try {
    return await readSmall(await followLinks(root, manifest));
  } catch (cause) {
    throw new CertagentError('MANIFEST_MISSING', `the manifest ${manifest} cannot be read`, { cause });
  }
}

/** Where a manifest waits while it is out, with the method "move". */
export function placeOfMoved(manifest: string): string {
  return join(STATE_DIR, 'moved', basename(manifest));
}

/**
 * The temporary file is outside of the manifests directory on the same file system; otherwise it is a dot-file. The new one
 * has the access control list of `like`.
 */
export async function replaceManifest(
  path: string,
  content: string | Buffer,
  facts: FileFacts,
  { like = path, ...more }: Pick<WriteOptions, 'like' | 'unless'> = {},
): Promise<void> {
  const { mode, uid, gid } = facts;
  const options = { mode, uid, gid, like, ...more };
  const outside = dirname(dirname(path));
  if ((await stat(outside)).dev === (await stat(dirname(path))).dev) {
    try {
      await writeAtomic(path, content, { ...options, via: outside });
      return;
    } catch (error) {
      // A bind mount has the same device number, but refuses the rename.
      if (errorCode(error) !== 'EXDEV') throw error;
    }
  }
  await writeAtomic(path, content, options);
}

/** Puts a manifest that is out back in its place. False when it is in neither place. */
export async function returnManifest(root: Root, from: string, manifest: string): Promise<boolean> {
  const away = root.at(from);
  const home = root.at(manifest);
  if (!(await isThere(away))) return isThere(home);
  if (await isThere(home)) await rm(away);
  else await moveAcross(away, home);
  return true;
}

/**
 * By rename; across file systems by a synced copy with mode and owner, renamed into place, before the first is removed.
 * A link is moved itself.
 */
export async function moveAcross(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  try {
    await rename(from, to);
  } catch (error) {
    if (errorCode(error) !== 'EXDEV') throw error;
    const target = await readlink(from).catch(() => null);
    if (target === null) {
      const { bytes, facts } = await readSmall(from);
      await replaceManifest(to, bytes, facts, { like: from });
    } else {
      await rm(to, { force: true });
      await symlink(target, to);
    }
    await rm(from);
  }
  await syncDirectory(dirname(to));
  await syncDirectory(dirname(from));
}

/** A relative link leads nowhere while it is out. */
export async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
