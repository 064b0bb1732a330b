import { basename, dirname } from 'node:path';
import { followLinks } from '../host/links.ts';
import type { Root } from '../host/root.ts';

/** What is looked up once while the node's files are read: thousands of them lie in a few directories. */
export type Scan = {
  root: Root;
  /** Permissions of directories. */
  modes: Map<string, Promise<number>>;
  /** Where directories lead to on this machine. */
  directories: Map<string, Promise<string>>;
};

export function newScan(root: Root): Scan {
  return { root, modes: new Map(), directories: new Map() };
}

/** As `followLinks`; the way to the file's directory is looked up once a scan. */
export async function placeOf({ root, directories }: Scan, path: string): Promise<string> {
  if (root.isMachine) return path;
  const directory = dirname(path);
  let known = directories.get(directory);
  if (known === undefined) {
    known = followLinks(root, directory);
    directories.set(directory, known);
  }
  return followLinks(root, basename(path), await known);
}
