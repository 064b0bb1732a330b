import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { stat, statfs } from 'node:fs/promises';
import { CertagentError } from '../domain/model/errors.ts';
import { type FileFacts, O_PATH, readSmall, SIZE_LIMIT } from './files.ts';

/** `stamp` is another one as soon as the file, its size or anything else of it changes: the kernel sets its ctime. */
export type Stamped = { facts: FileFacts; stamp: string };

/**
 * The facts of a regular file, with links followed. `isLocal`: see `readStamped`. Throws CertagentError NOT_A_FILE, or the
 * operating system's error.
 */
export async function statRegular(path: string, isLocal: boolean): Promise<Stamped> {
  return stamped(path, isLocal ? statSync(path) : await stat(path));
}

/**
 * As `readSmall`, with the stamp that the file had before it was read. A scan reads thousands of files, and handing each
 * step of that to another thread takes many times as long as the steps. So a file on a disk of this machine is read at
 * once (`isLocal`). One of a network file system, which may never answer, must not stop the daemon.
 */
export async function readStamped(path: string, isLocal: boolean): Promise<Stamped & { bytes: Buffer }> {
  if (isLocal) return readNow(path);
  const { stamp } = await statRegular(path, false);
  return { stamp, ...(await readSmall(path)) };
}

/** stat and read use the same file, even if its name is exchanged in between (see `readSmall`). */
function readNow(path: string): Stamped & { bytes: Buffer } {
  const found = openSync(path, O_PATH);
  let file: number | undefined;
  try {
    const { facts, stamp } = stamped(path, fstatSync(found));
    if (facts.size > SIZE_LIMIT) throw tooLarge(path);
    file = openSync(`/proc/self/fd/${found}`, constants.O_RDONLY | constants.O_NONBLOCK);
    const bytes = readAll(file, facts.size);
    if (bytes.length > SIZE_LIMIT) throw tooLarge(path);
    return { facts: { ...facts, size: bytes.length }, stamp, bytes };
  } finally {
    closeSync(found);
    if (file !== undefined) closeSync(file);
  }
}

/** Reading one byte more than the size shows the end; a file that has grown is read further. */
function readAll(file: number, size: number): Buffer {
  const chunks: Buffer[] = [];
  for (let total = 0; total <= SIZE_LIMIT; ) {
    const buffer = Buffer.allocUnsafe(total === 0 ? size + 1 : 64 * 1024);
    const count = readSync(file, buffer, 0, buffer.length, null);
    chunks.push(buffer.subarray(0, count));
    total += count;
    if (count < buffer.length) break;
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
}

/** ext2 to ext4, XFS, Btrfs, ZFS, F2FS, tmpfs, overlayfs: from linux/magic.h. */
const LOCAL = [0xef53, 0x58465342, 0x9123683e, 0x2fc12fc1, 0xf2f52010, 0x01021994, 0x794c7630];

/** Whether a directory is on a disk of this machine; false when unknown. */
export function isOnLocalDisk(directory: string): Promise<boolean> {
  return statfs(directory).then(
    ({ type }) => LOCAL.includes(type >>> 0),
    () => false,
  );
}

function stamped(path: string, info: Stats): Stamped {
  if (!info.isFile()) throw new CertagentError('NOT_A_FILE', `${path} is not a regular file`);
  const facts = {
    mode: info.mode & 0o7777,
    uid: info.uid,
    gid: info.gid,
    size: info.size,
    modifiedAt: Math.trunc(info.mtimeMs),
    changedAt: Math.trunc(info.ctimeMs),
    inode: info.ino,
  };
  return { facts, stamp: [info.dev, info.ino, info.size, info.ctimeMs, info.mtimeMs].join() };
}

const tooLarge = (path: string) => new CertagentError('TOO_LARGE', `${path} is larger than ${SIZE_LIMIT} bytes`);
