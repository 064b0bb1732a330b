import { close, constants, fstat, open, read, type Stats, stat } from 'node:fs';
import { CertagentError } from '../domain/model/errors.ts';
import { type FileFacts, O_PATH, SIZE_LIMIT } from './files.ts';

/** `stamp` is another one as soon as the file, its size or anything else of it changes: the kernel sets its ctime. */
export type Stamped = { facts: FileFacts; stamp: string };

/** The facts of a regular file, with links followed. Throws CertagentError NOT_A_FILE, or the operating system's error. */
export async function statRegular(path: string): Promise<Stamped> {
  return stamped(path, await call<Stats>((done) => stat(path, done)));
}

/**
 * As `readSmall`, with the stamp that the file had before it was read. Thousands of files are read in a scan, so this asks
 * the kernel as little as it can: FileHandles and promises for each step take three times as long.
 */
export async function readStamped(path: string): Promise<Stamped & { bytes: Buffer }> {
  const found = await call<number>((done) => open(path, O_PATH, done));
  let file: number | undefined;
  try {
    const info = stamped(path, await call<Stats>((done) => fstat(found, done)));
    if (info.facts.size > SIZE_LIMIT) throw tooLarge(path);
    const [flags, name] = [constants.O_RDONLY | constants.O_NONBLOCK, `/proc/self/fd/${found}`];
    file = await call<number>((done) => open(name, flags, done));
    const bytes = await readAll(file, info.facts.size);
    if (bytes.length > SIZE_LIMIT) throw tooLarge(path);
    return { ...info, facts: { ...info.facts, size: bytes.length }, bytes };
  } finally {
    for (const descriptor of [found, file]) if (descriptor !== undefined) close(descriptor, ignore);
  }
}

/** One byte more than there should be shows that there is no more; a file that has grown meanwhile is read on. */
async function readAll(file: number, size: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let total = 0;
  while (total <= SIZE_LIMIT) {
    const buffer = Buffer.allocUnsafe(total === 0 ? size + 1 : 64 * 1024);
    const count = await call<number>((done) => read(file, buffer, 0, buffer.length, null, done));
    chunks.push(buffer.subarray(0, count));
    total += count;
    if (count < buffer.length) break;
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
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

function call<T>(ask: (done: (error: NodeJS.ErrnoException | null, result: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    ask((error, result) => (error === null ? resolve(result) : reject(error)));
  });
}

const ignore = () => {};
const tooLarge = (path: string) => new CertagentError('TOO_LARGE', `${path} is larger than ${SIZE_LIMIT} bytes`);
