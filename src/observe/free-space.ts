import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Bytes that are free where this is, or where its nearest parent that exists is. null: nobody can tell. */
export async function freeSpace(path: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch {
    return dirname(path) === path ? null : freeSpace(dirname(path));
  }
}
