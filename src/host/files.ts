import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, link, open, readdir, rename, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CertagentError, errorCode } from '../domain/model/errors.ts';
import { modeLike } from './attributes.ts';

export type FileFacts = {
  mode: number;
  uid: number;
  gid: number;
  size: number;
  /** When its content was written: milliseconds since the epoch, as is `changedAt`. */
  modifiedAt: number;
  /** When its content, name, owner, mode or times were set: nobody can set that back. */
  changedAt: number;
  inode: number;
};

/** No certificate, key or kubeconfig is larger than this. */
export const SIZE_LIMIT = 1024 * 1024;

/** Linux's O_PATH, which node:fs does not name: finds a file without opening it. */
export const O_PATH = 0o10000000;

/**
 * Reads a regular file of at most `limit` bytes. A FIFO cannot block the read, and a device that a link leads to is not even
 * opened: opening /dev/watchdog starts it, and it restarts the machine unless it is fed.
 * Throws CertagentError NOT_A_FILE or TOO_LARGE, or the operating system's error (ENOENT, EACCES …).
 */
export async function readSmall(path: string, limit = SIZE_LIMIT): Promise<{ bytes: Buffer; facts: FileFacts }> {
  const handle = await openRegular(path);
  try {
    const stat = await handle.stat();
    if (stat.size > limit) throw tooLarge(path, limit);
    const bytes = await readUpTo(handle, limit, stat.size);
    if (bytes === null) throw tooLarge(path, limit);
    return {
      bytes,
      facts: {
        mode: stat.mode & 0o7777,
        uid: stat.uid,
        gid: stat.gid,
        size: bytes.length,
        modifiedAt: Math.trunc(stat.mtimeMs),
        changedAt: Math.trunc(stat.ctimeMs),
        inode: stat.ino,
      },
    };
  } finally {
    await handle.close();
  }
}

/** The file that was checked is the file that is opened, whatever its name points to by then. */
async function openRegular(path: string): Promise<FileHandle> {
  const found = await open(path, O_PATH);
  try {
    if (!(await found.stat()).isFile()) throw new CertagentError('NOT_A_FILE', `${path} is not a regular file`);
    return await open(`/proc/self/fd/${found.fd}`, constants.O_RDONLY | constants.O_NONBLOCK);
  } finally {
    await found.close();
  }
}

/** As `readSmall`, decoded as UTF-8; null when it does not exist. */
export async function readTextIfThere(path: string, limit = SIZE_LIMIT): Promise<string | null> {
  try {
    return (await readSmall(path, limit)).bytes.toString('utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return null;
    throw error;
  }
}

/** The size can grow between stat and read, so that the reading has its own bound. Most files are as small as stat says. */
async function readUpTo(handle: FileHandle, limit: number, size: number): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let total = 0;
  let length = size + 1;
  for (;;) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(length), 0, length, null);
    if (bytesRead === 0) return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
    total += bytesRead;
    if (total > limit) return null;
    chunks.push(buffer.subarray(0, bytesRead));
    length = bytesRead < length ? 1 : 64 * 1024;
  }
}

function tooLarge(path: string, limit: number): CertagentError {
  return new CertagentError('TOO_LARGE', `${path} is larger than ${limit} bytes`);
}

/**
 * Replaces `path` atomically: temporary file, fsync, rename, fsync of the directory. A reader sees the whole of the old or of
 * the new content. `via` is the directory of the temporary file and must be on the same file system; by default the
 * same directory, where the temporary file begins with a dot (the kubelet ignores dot-files among manifests).
 * `writtenAt`: when the content was written first, for a file that is put back (not named as in `FileFacts`: whoever hands on
 * the facts of the file before means its owner and mode). `like`: the file whose access control list the new one gets.
 */
export async function writeAtomic(path: string, content: string | Buffer, options: WriteOptions): Promise<void> {
  await (await stageWrite(path, content, options)).commit();
}

export type WriteOptions = {
  mode: number;
  uid?: number;
  gid?: number;
  via?: string;
  like?: string;
  writtenAt?: number;
  /** Called right before the file takes its place; what it throws prevents that. */
  unless?: () => Promise<void>;
};

/** The first half of `writeAtomic`: the content is in its temporary file, synced. `discard` removes that. */
export type StagedWrite = { commit: () => Promise<void>; discard: () => Promise<void> };

/** For files that change together: each is staged, and none takes its place before all could be written. */
export async function stageWrite(path: string, content: string | Buffer, options: WriteOptions): Promise<StagedWrite> {
  const temporary = temporaryIn(options.via ?? dirname(path));
  const discard = (): Promise<void> => unlink(temporary).catch(() => {});
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
  const handle = await open(temporary, flags, 0o600).catch((error) => Promise.reject(diskError(path, error)));
  try {
    try {
      await handle.writeFile(content);
      if (options.uid !== undefined && options.gid !== undefined) await handle.chown(options.uid, options.gid);
      const { mode, like } = options;
      await handle.chmod(mode);
      if (like !== undefined) await handle.chmod(await modeLike(like, handle, mode));
      if (options.writtenAt !== undefined) await handle.utimes(new Date(), new Date(options.writtenAt));
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    await discard();
    throw diskError(path, error);
  }
  const commit = async (): Promise<void> => {
    try {
      await options.unless?.();
      await rename(temporary, path);
    } catch (error) {
      await discard();
      throw diskError(path, error);
    }
    await syncDirectory(dirname(path));
  };
  return { commit, discard };
}

/** What a path held before, under a second name beside it: `putBack` gives it its place again, `drop` removes that name. */
export type Held = { putBack: () => Promise<void>; drop: () => Promise<void> };

/** null for a file that cannot have a second name: an immutable or a mounted one, which cannot be replaced either. */
export async function hold(path: string): Promise<Held | null> {
  const temporary = temporaryIn(dirname(path));
  try {
    await link(path, temporary);
  } catch (error) {
    return errorCode(error) === 'ENOENT' ? { putBack: () => unlink(path), drop: async () => {} } : null;
  }
  return {
    putBack: () => rename(temporary, path),
    drop: () => unlink(temporary).catch(() => {}),
  };
}

/**
 * "no space left on device, write" names no file: this is the same error, under the same code, with the path and a remedy.
 * Every other error is returned as it is.
 */
export function diskError(path: string, error: unknown): unknown {
  const code = errorCode(error);
  const remedy =
    code === 'ENOSPC' || code === 'EDQUOT'
      ? `Make room on the disk of ${dirname(path)}.`
      : code === 'EROFS'
        ? `Mount the file system of ${dirname(path)} writable. The kernel may have made it read-only after an error: dmesg.`
        : null;
  return remedy === null
    ? error
    : CertagentError.relayed(code, `${path} could not be written`, { cause: error, remedy });
}

const temporaryIn = (directory: string): string => join(directory, `.certagent-${randomBytes(6).toString('hex')}.tmp`);
const TEMPORARY = /^\.certagent-[0-9a-f]{12}\.tmp$/;

/**
 * Removes from a directory the temporary files of a killed certagent, which may hold a private key. Only where no other
 * certagent writes at the same time. What cannot be read is left.
 */
export async function removeTemporaries(directory: string): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  for (const name of names.filter((each) => TEMPORARY.test(each))) await unlink(join(directory, name)).catch(() => {});
}

/** Makes renames and new names in a directory survive a power loss. */
export const syncDirectory = sync;

/** Makes what another program wrote into a file survive a power loss. */
export const syncFile = sync;

async function sync(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
