import { CertagentError } from '../../domain/model/errors.ts';
import { readSmall } from '../../host/files.ts';
import { followLinks } from '../../host/links.ts';
import { certificatesIn, readPem } from '../../host/pem.ts';
import type { Root } from '../../host/root.ts';
import { parseCertificate } from '../../host/x509.ts';
import { readBackedUp, readManifest, sha256 } from './backup-manifest.ts';

/** Paths of CA certificates and of the keys beside them that are not what the backup holds. */
export async function changedAuthorities(root: Root, backup: string): Promise<string[]> {
  const directory = root.at(backup);
  const { files } = await readManifest(directory);
  const changed: string[] = [];
  for (const file of files.filter(({ path }) => path.endsWith('.crt'))) {
    if (!isAuthority((await readBackedUp(directory, file)).toString('utf8'))) continue;
    const key = files.find(({ path }) => path === file.path.replace(/\.crt$/, '.key'));
    for (const each of key === undefined ? [file] : [file, key])
      if ((await checksum(root, each.path)) !== each.sha256) changed.push(each.path);
  }
  return changed;
}

/** A new CA refuses every kubeconfig and every agent of the previous one; the new certificates alone look well. */
export async function refuseChangedAuthorities(root: Root, backup: string): Promise<void> {
  const changed = await changedAuthorities(root, backup);
  if (changed.length === 0) return;
  throw new CertagentError('CA_CHANGED', `the CA is not the previous one any more: ${changed.join(', ')}`, {
    remedy: `See why the previous CA could not be used: its certificate and key are in ${backup}/files.`,
  });
}

export function isAuthority(text: string): boolean {
  const first = certificatesIn(readPem(text))[0];
  try {
    return first !== undefined && parseCertificate(first).isCa;
  } catch {
    return false;
  }
}

/** SHA-256 of a file of the node; null for one that cannot be read. */
export async function checksum(root: Root, path: string): Promise<string | null> {
  try {
    return sha256((await readSmall(await followLinks(root, path))).bytes);
  } catch {
    return null;
  }
}
