import { readdir } from 'node:fs/promises';
import { readTextIfThere } from './files.ts';
import { followLinks } from './links.ts';
import type { Root } from './root.ts';

/** Text of a settings file; null when it is not there or cannot be read. */
export async function text(root: Root, path: string): Promise<string | null> {
  try {
    return await readTextIfThere(await followLinks(root, path));
  } catch {
    return null;
  }
}

/** Names in a directory, sorted; empty when it cannot be read. */
export async function names(root: Root, directory: string): Promise<string[]> {
  try {
    return (await readdir(await followLinks(root, directory))).sort();
  } catch {
    return [];
  }
}
