import { lstat } from 'node:fs/promises';
import { errorCode } from '../domain/model/errors.ts';

/** `stamp` changes whenever the file's content, name, owner or mode may have. */
export type Facts = { uid: number; isDirectory: boolean; isLink: boolean; stamp: string };

/** Milliseconds after which a file system counts as silent. */
const PATIENCE = 5_000;

/** Paths whose look never came back: each holds a thread, so they are not asked again while that lasts. */
const silent = new Set<string>();

/**
 * lstat of a path of this machine, to see whether there is anything to start a helper for; nothing is decided by it. `unknown`:
 * root may not look (a network file system), `silent`: no answer.
 */
export async function look(path: string): Promise<Facts | 'absent' | 'unknown' | 'silent'> {
  if (silent.has(path)) return 'silent';
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<'silent'>((resolve) => {
    timer = setTimeout(() => {
      silent.add(path);
      resolve('silent');
    }, PATIENCE);
  });
  try {
    return await Promise.race([facts(path).finally(() => silent.delete(path)), patience]);
  } finally {
    clearTimeout(timer);
  }
}

async function facts(path: string): Promise<Facts | 'absent' | 'unknown'> {
  try {
    const stat = await lstat(path, { bigint: true });
    const stamp = [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs, stat.nlink].join(':');
    return { uid: Number(stat.uid), isDirectory: stat.isDirectory(), isLink: stat.isSymbolicLink(), stamp };
  } catch (error) {
    return ['ENOENT', 'ENOTDIR'].includes(errorCode(error)) ? 'absent' : 'unknown';
  }
}
