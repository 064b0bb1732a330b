import { lstat, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Instant } from '../../domain/model/certificate.ts';
import { readManifest } from './backup-manifest.ts';

// Directories of backups, as paths of this machine. A backup holds private keys, so an old one is a danger and no longer a help.

/** A backup that is not whole has this name: anybody can remove it. */
export const partialOf = (directory: string): string => `${directory}.partial`;

/** Removes backups that are not whole from the directory of all backups. */
export async function removePartials(backups: string): Promise<void> {
  const names = await readdir(backups).catch(() => []);
  for (const name of names.filter((each) => each.endsWith('.partial')))
    await rm(join(backups, name), { recursive: true, force: true });
}

/** Removes the oldest ones beyond `keep`, of which `newest` is one; never that which is being restored. */
export async function removeBeyond(newest: string, keep: number, restored: string | null): Promise<void> {
  await removePartials(dirname(newest));
  const backups = (await wholeBackups(dirname(newest))).filter(({ path }) => path !== newest);
  backups.sort((a, b) => b.createdAt - a.createdAt);
  for (const { path } of backups.slice(Math.max(0, keep - 1))) if (path !== restored) await removeWhole(path);
}

/** Removes those that were made before `before`, but for those named in `kept`. */
export async function removeBefore(backups: string, before: Instant, kept: string[]): Promise<void> {
  await removePartials(backups);
  for (const { path, createdAt } of await wholeBackups(backups))
    if (createdAt < before && !kept.includes(basename(path))) await removeWhole(path);
}

/** Only complete backups count, and only they are removed: a directory without our manifest belongs to somebody else. */
async function wholeBackups(parent: string): Promise<{ path: string; createdAt: Instant }[]> {
  const backups: { path: string; createdAt: Instant }[] = [];
  for (const name of await readdir(parent).catch((): string[] => [])) {
    const path = join(parent, name);
    if (!(await lstat(path)).isDirectory()) continue;
    const manifest = await readManifest(path).catch(() => null);
    if (manifest !== null) backups.push({ path, createdAt: manifest.createdAt });
  }
  return backups;
}

/** Killed half-way, it must look neither like a backup nor like somebody else's directory. */
async function removeWhole(directory: string): Promise<void> {
  await rm(partialOf(directory), { recursive: true, force: true });
  await rename(directory, partialOf(directory));
  await rm(partialOf(directory), { recursive: true, force: true });
}
