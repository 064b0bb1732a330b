import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Finding } from '../domain/model/inventory.ts';
import { followWhile } from '../host/links.ts';
import type { Root } from '../host/root.ts';
import { localPlaces } from '../host/silent.ts';
import { foreignPart } from '../host/trust.ts';
import { watchedSources } from './other-sources.ts';
import { readSourcesIf } from './read-sources.ts';
import type { SourceRead } from './source.ts';

/**
 * Reads a watched path in this process; null where that could hang. It reads a single directory on a disk of this machine,
 * which only root may change, and whose links lead to such disks. Starting the helper process takes longer than reading a
 * thousand files, and it forgets what they said.
 */
export async function readNear(
  root: Root,
  path: string,
  known: Set<string>,
): Promise<{ reads: SourceRead[]; findings: Finding[] } | null> {
  const isLocal = localPlaces(mountTable());
  if (!(await isNear(root, path, isLocal))) return null;
  const { sources, findings } = await watchedSources(root, [path], known);
  const reads = await readSourcesIf(root, sources, (reference) => followWhile(root, reference, isLocal) !== null);
  return reads === null ? null : { reads, findings };
}

async function isNear(root: Root, path: string, isLocal: (place: string) => boolean): Promise<boolean> {
  const directory = dirname(path);
  // A pattern for directories, or for whole trees, can lead anywhere.
  if (/[*?[{]/.test(directory) || basename(path).includes('**') || /(^|\/)\.\.(\/|$)/.test(path)) return false;
  const at = followWhile(root, directory, isLocal);
  if (at === null || (await foreignPart(at)) !== null) return false;
  return entries(at).every(
    (entry) =>
      isLocal(`${at}/${entry.name}`) &&
      (!entry.isSymbolicLink() || followWhile(root, `${directory}/${entry.name}`, isLocal) !== null),
  );
}

function entries(directory: string) {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    // It is not there, or not a directory: reading says so.
    return [];
  }
}

function mountTable(): string {
  try {
    return readFileSync('/proc/self/mountinfo', 'utf8');
  } catch {
    return '';
  }
}
