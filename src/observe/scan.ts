import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { followLinks } from '../host/links.ts';
import { isOnLocalDisk } from '../host/read-stamped.ts';
import type { Root } from '../host/root.ts';

/** What is looked up once per scan: thousands of files are in a few directories. */
export type Scan = {
  root: Root;
  /** Permissions of directories. */
  modes: Map<string, Promise<number>>;
  directories: Map<string, Promise<Directory>>;
};

/** Where a directory leads to on this machine, and what is in it; empty when it cannot be read. `isLocal`: on a disk. */
type Directory = { at: string; entries: Map<string, Dirent>; isLocal: boolean };

export function newScan(root: Root): Scan {
  return { root, modes: new Map(), directories: new Map() };
}

/**
 * Path of this machine to open for a path of the node; see `followLinks`. `isLocal`: a regular file on a disk, which can be
 * read without waiting for a network.
 */
export async function placeOf(scan: Scan, path: string): Promise<{ place: string; isLocal: boolean }> {
  const { at, entries, isLocal } = await directory(scan, dirname(path));
  const name = basename(path);
  if (entries.get(name)?.isFile()) return { place: scan.root.isMachine ? path : `${at}/${name}`, isLocal };
  return { place: scan.root.isMachine ? path : await followLinks(scan.root, name, at), isLocal: false };
}

/** Whether the directory held the file when it was listed: spares opening thousands that are not there. */
export async function isListed(scan: Scan, path: string): Promise<boolean> {
  return (await directory(scan, dirname(path))).entries.has(basename(path));
}

function directory({ root, directories }: Scan, path: string): Promise<Directory> {
  let known = directories.get(path);
  if (known === undefined) {
    known = list(root, path);
    directories.set(path, known);
  }
  return known;
}

async function list(root: Root, path: string): Promise<Directory> {
  const at = await followLinks(root, path);
  const [entries, isLocal] = await Promise.all([
    readdir(at, { withFileTypes: true }).catch((): Dirent[] => []),
    isOnLocalDisk(at),
  ]);
  return { at, isLocal, entries: new Map(entries.map((entry) => [entry.name, entry])) };
}
