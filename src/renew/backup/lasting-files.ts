import { parseIfKubeconfig } from '../../host/kubeconfig.ts';
import type { Root } from '../../host/root.ts';
import { isAuthority } from './authorities.ts';
import { type BackedUpFile, type BackupManifest, readBackedUp, readManifest } from './backup-manifest.ts';

/**
 * Paths in a backup that a unit which renews at its start does not write by itself: CAs and their keys, tokens, the
 * encryption's configuration. It writes leaves, the listener's certificate and kubeconfigs, whoever starts it: that they are
 * different says nothing about a person.
 */
export async function lastingFiles(root: Root, backup: string | null): Promise<string[]> {
  if (backup === null) return [];
  const directory = root.at(backup);
  const manifest = await readManifest(directory);
  const leaves = await leafStems(directory, manifest);
  const kubeconfigs = await kubeconfigsIn(directory, manifest);
  const others = [...[...manifest.links, ...(manifest.keys ?? [])].map(({ path }) => path), ...manifest.absent];
  return [...manifest.files.map(({ path }) => path), ...others].filter(
    (path) => !leaves.has(stemOf(path)) && !kubeconfigs.has(path) && !path.endsWith('/dynamic-cert.json'),
  );
}

/** The other files of such a backup, which every start writes: what an undo of a restart puts back. */
export async function writtenAtStart(root: Root, backup: string): Promise<string[]> {
  const lasting = new Set(await lastingFiles(root, backup));
  const { files } = await readManifest(root.at(backup));
  return files.map(({ path }) => path).filter((path) => !lasting.has(path));
}

/** Without the suffix that distinguishes a certificate from its key. */
export function stemOf(path: string): string {
  return path.replace(/\.(crt|key)$/, '');
}

async function leafStems(directory: string, { files }: BackupManifest): Promise<Set<string>> {
  const stems = new Set<string>();
  for (const file of files.filter(({ path }) => path.endsWith('.crt')))
    if (!isAuthority(await contentOf(directory, file))) stems.add(stemOf(file.path));
  return stems;
}

/** By their content: each distribution has names of its own for them. Of what was a link, or not there, only the name is known. */
async function kubeconfigsIn(directory: string, { files, links, absent }: BackupManifest): Promise<Set<string>> {
  const others = [...links.map(({ path }) => path), ...absent];
  const found = new Set(others.filter((path) => /\.(kubeconfig|conf|ya?ml)$/.test(path)));
  for (const file of files.filter(({ path }) => !/\.(crt|key|json)$/.test(path)))
    if (isKubeconfig(await readBackedUp(directory, file))) found.add(file.path);
  return found;
}

function isKubeconfig(content: Buffer): boolean {
  try {
    return parseIfKubeconfig(content) !== null;
  } catch {
    return false;
  }
}

async function contentOf(directory: string, file: BackedUpFile): Promise<string> {
  return (await readBackedUp(directory, file)).toString('utf8');
}
