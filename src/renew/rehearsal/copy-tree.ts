import { constants } from 'node:fs';
import {
  access,
  chmod,
  chown,
  copyFile,
  lchown,
  lstat,
  mkdir,
  readdir,
  readlink,
  symlink,
  utimes,
} from 'node:fs/promises';
import { join } from 'node:path';
import { unlessGone } from './live-file.ts';

export type CopyOptions = {
  /** What is left out, by its path. */
  skip?: (path: string) => boolean;
  signal?: AbortSignal | undefined;
};

/** `frozen`: files that nobody can write, not even root: immutable ones, among others. */
export type Copied = { bytes: number; frozen: string[] };

/**
 * Copies a directory of this machine with owners, modes and times, links as links; blocks are shared where the file system
 * can do that. Sockets, pipes and devices are left out. The original is only read: its access times stay, where the kernel lets a
 * process that owns it ask for that.
 */
export async function copyTree(from: string, to: string, options: CopyOptions = {}): Promise<Copied> {
  const copied: Copied = { bytes: 0, frozen: [] };
  await copyEntry(from, to, options, copied);
  return copied;
}

/** Bytes of the files that `copyTree` would copy. */
export async function treeSize(from: string, { skip }: Pick<CopyOptions, 'skip'> = {}): Promise<number> {
  const facts = await lstat(from).catch(() => null);
  if (facts === null) return 0;
  if (!facts.isDirectory()) return facts.isFile() ? facts.size : 0;
  const paths = (await readdir(from)).map((name) => join(from, name)).filter((path) => skip?.(path) !== true);
  let size = 0;
  for (const path of paths) size += await treeSize(path, skip === undefined ? {} : { skip });
  return size;
}

async function copyEntry(from: string, to: string, options: CopyOptions, copied: Copied): Promise<void> {
  options.signal?.throwIfAborted();
  const facts = await lstat(from);
  if (facts.isSymbolicLink()) {
    await symlink(await readlink(from), to);
    await lchown(to, facts.uid, facts.gid);
    return;
  }
  if (facts.isDirectory()) {
    await mkdir(to, { recursive: true, mode: 0o700 });
    for (const name of await readdir(from)) {
      const path = join(from, name);
      if (options.skip?.(path) === true) continue;
      // A running server removes and renames files.
      await copyEntry(path, join(to, name), options, copied).catch(unlessGone);
    }
  } else if (facts.isFile()) {
    await copyFile(from, to, constants.COPYFILE_FICLONE);
    copied.bytes += facts.size;
    if (await isFrozen(from)) copied.frozen.push(from);
  } else return;
  await chown(to, facts.uid, facts.gid);
  await chmod(to, facts.mode & 0o7777);
  await utimes(to, facts.atime, facts.mtime);
}

/** The kernel answers as it would answer a write. */
async function isFrozen(path: string): Promise<boolean> {
  return access(path, constants.W_OK).then(
    () => false,
    () => true,
  );
}
