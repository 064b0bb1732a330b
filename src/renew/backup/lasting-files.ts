import type { Root } from '../../host/root.ts';
import { isAuthority } from './authorities.ts';
import { type BackedUpFile, type BackupManifest, readBackedUp, readManifest } from './backup-manifest.ts';

/**
 * Paths in a backup of K3s or RKE2 that the unit does not write by itself when it starts: CAs and their keys, tokens, the
 * encryption's configuration. Leaves, the listener's certificate and kubeconfigs it writes anew, whoever starts it: that they
 * are different says nothing about a person.
 */
export async function lastingFiles(root: Root, backup: string | null): Promise<string[]> {
  if (backup === null) return [];
  const directory = root.at(backup);
  const manifest = await readManifest(directory);
  const leaves = await leafStems(directory, manifest);
  const others = [...manifest.links.map(({ path }) => path), ...manifest.absent];
  return [...manifest.files.map(({ path }) => path), ...others].filter(
    (path) => !leaves.has(stemOf(path)) && !WRITTEN_AT_START.test(path),
  );
}

const WRITTEN_AT_START = /\/dynamic-cert\.json$|\.kubeconfig$|\/(k3s|rke2)\.yaml$/;

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

async function contentOf(directory: string, file: BackedUpFile): Promise<string> {
  return (await readBackedUp(directory, file)).toString('utf8');
}
