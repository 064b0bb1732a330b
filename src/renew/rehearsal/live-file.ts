import { stat } from 'node:fs/promises';

// Files that a running server writes, removes and renames while they are copied.

/** `state` is another one after every write, and when another file has this name. */
export async function lookAt(path: string): Promise<{ size: number; state: string }> {
  const { size, mtimeNs, ino } = await stat(path, { bigint: true });
  return { size: Number(size), state: `${ino} ${size} ${mtimeNs}` };
}

export function unlessGone(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
