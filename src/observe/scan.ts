import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { followLinks } from '../host/links.ts';
import type { Root } from '../host/root.ts';

/** What is looked up once while the node's files are read: thousands of them lie in a few directories. */
export type Scan = {
  root: Root;
  /** Permissions of directories. */
  modes: Map<string, Promise<number>>;
  directories: Map<string, Promise<Directory>>;
};

/** Where a directory leads to on this machine, and what is in it; empty when it cannot be read. */
type Directory = { at: string; entries: Map<string, Dirent> };

export function newScan(root: Root): Scan {
  return { root, modes: new Map(), directories: new Map() };
}

/** Path of this machine to open for a path of the node; see `followLinks`. */
export async function placeOf(scan: Scan, path: string): Promise<string> {
  if (scan.root.isMachine) return path;
  const { at, entries } = await directory(scan, dirname(path));
  const name = basename(path);
  return entries.get(name)?.isFile() ? join(at, name) : followLinks(scan.root, name, at);
}

/** Whether the directory held the file when it was first looked into: spares opening thousands that are not there. */
export async function isListed(scan: Scan, path: string): Promise<boolean> {
  return (await directory(scan, dirname(path))).entries.has(basename(path));
}

function directory({ root, directories }: Scan, path: string): Promise<Directory> {
  let known = directories.get(path);
  if (known === undefined) {
    known = look(root, path);
    directories.set(path, known);
  }
  return known;
}

async function look(root: Root, path: string): Promise<Directory> {
  const at = await followLinks(root, path);
  const entries = await readdir(at, { withFileTypes: true }).catch((): Dirent[] => []);
  return { at, entries: new Map(entries.map((entry) => [entry.name, entry])) };
}
