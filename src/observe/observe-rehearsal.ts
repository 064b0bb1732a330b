import { lstat, readdir } from 'node:fs/promises';
import { freemem } from 'node:os';
import { join } from 'node:path';
import type { RehearsalFacts } from '../domain/model/rehearsal-facts.ts';
import { findCommand } from '../host/commands.ts';
import { followLinks } from '../host/links.ts';
import { type Root, STATE_DIR } from '../host/root.ts';
import { freeSpace } from './free-space.ts';
import { exists } from './node-files.ts';
import type { Detected } from './observer.ts';

/** What decides whether a renewal can be rehearsed; null: nothing of this node is. */
export async function observeRehearsal(root: Root, node: Detected): Promise<RehearsalFacts | null> {
  if (node.rehearsal === undefined) return null;
  const [own, unsupported, freeBytes] = await Promise.all([
    node.rehearsal(),
    withoutSandbox(root),
    freeSpace(root.at(STATE_DIR)),
  ]);
  // What the kernel can give without swapping (MemAvailable).
  return { ...own, unsupported, freeBytes, availableMemory: freemem() };
}

/** As sd_booted(3): a machine that systemd has not booted, or an image that does not run, has no such directory. */
async function withoutSandbox(root: Root): Promise<string | null> {
  if (!(await exists(root, '/run/systemd/system'))) return 'systemd does not run here';
  return (await findCommand(root, 'systemd-run')) === null ? 'systemd-run is not on this node' : null;
}

/** A directory with more files than this is not one of certificates. */
const MOST = 5_000;

/** Bytes of the regular files below these directories, each counted once; `without`: names, relative to each, that are not counted. */
export async function bytesIn(root: Root, directories: string[], without: RegExp = /$^/): Promise<number> {
  const seen = new Set<string>();
  let bytes = 0;
  const add = async (directory: string, relative: string): Promise<void> => {
    for (const entry of await readdir(directory, { withFileTypes: true }).catch(() => [])) {
      const [path, name] = [join(directory, entry.name), join(relative, entry.name)];
      if (seen.has(path) || seen.size > MOST || without.test(name)) continue;
      seen.add(path);
      if (entry.isDirectory()) await add(path, name);
      else if (entry.isFile()) bytes += (await lstat(path).catch(() => null))?.size ?? 0;
    }
  };
  for (const directory of directories)
    await add(await followLinks(root, directory).catch(() => root.at(directory)), '');
  return bytes;
}
