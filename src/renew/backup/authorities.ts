import { ERRORS } from '../../domain/model/error-codes.ts';
import { CertagentError } from '../../domain/model/errors.ts';
import type { RenewalPlan } from '../../domain/model/plan.ts';
import { backupOf, restartsUnit } from '../../domain/plan/plan-parts.ts';
import { isSuccessor } from '../../host/ca-succession.ts';
import { readSmall } from '../../host/files.ts';
import { followLinks } from '../../host/links.ts';
import { certificatesIn, certificateTexts, privateKeyText, readPem } from '../../host/pem.ts';
import type { Root } from '../../host/root.ts';
import { parseCertificate, publicKeyOfPrivate } from '../../host/x509.ts';
import { type BackupManifest, readBackedUp, readManifest, sha256 } from './backup-manifest.ts';

/** Paths of CA certificates and of the keys beside them that are not what they were when the backup was made. */
export async function changedAuthorities(root: Root, backup: string): Promise<string[]> {
  const directory = root.at(backup);
  const manifest = await readManifest(directory);
  const changed: string[] = [];
  for (const { path } of await authoritiesIn(directory, manifest))
    for (const each of [path, keyOf(path)]) {
      const before = checksumIn(manifest, each);
      if (before !== undefined && (await checksum(root, each)) !== before) changed.push(each);
    }
  return changed;
}

/**
 * Whether the CAs are still those of the backup, or, on K3s and RKE2, successors that they have signed: a rotation that the
 * operator had stored in the datastore takes effect at the next start, whoever starts it. Returns the paths of the latter.
 * Throws CertagentError CA_CHANGED for any other: it refuses every kubeconfig and every agent of the previous one.
 */
export async function acceptAuthorities(root: Root, plan: RenewalPlan): Promise<string[]> {
  const backup = backupOf(plan);
  if (backup === null) return [];
  const changed = await changedAuthorities(root, backup);
  const refused = restartsUnit(plan) ? await foreignAuthorities(root, backup, changed) : changed;
  if (refused.length === 0) return changed.filter((path) => path.endsWith('.crt'));
  if (!restartsUnit(plan))
    throw new CertagentError('CA_CHANGED', `the CA is not the previous one any more: ${refused.join(', ')}`, {
      remedy: `See who has changed it: its previous certificate is in ${backup}/files.`,
    });
  throw new CertagentError(
    'CA_CHANGED',
    `the restart has loaded a new CA that the previous one has not signed: ${refused.join(', ')}; certagent puts no CA back`,
    {
      remedy: `${ERRORS.CA_CHANGED.remedy} The previous CA certificates are in ${backup}/files.`,
    },
  );
}

/** Whether a CA is another one than the backup's, and none that the backup's has signed. */
export async function hasForeignAuthority(root: Root, backup: string): Promise<boolean> {
  return (await foreignAuthorities(root, backup, await changedAuthorities(root, backup))).length > 0;
}

async function foreignAuthorities(root: Root, backup: string, changed: string[]): Promise<string[]> {
  const directory = root.at(backup);
  const files = new Map((await readManifest(directory)).files.map((file) => [file.path, file]));
  const foreign: string[] = [];
  for (const path of changed.filter((each) => each.endsWith('.crt'))) {
    const before = certificateTexts((await readBackedUp(directory, files.get(path)!)).toString('utf8'));
    if (!isSuccessor(certificateTexts((await textOf(root, path)) ?? ''), before)) foreign.push(path);
  }
  for (const path of changed.filter((each) => each.endsWith('.key')))
    if (!(await belongsTogether(root, path))) foreign.push(path);
  return foreign;
}

async function belongsTogether(root: Root, keyPath: string): Promise<boolean> {
  const [certificate] = certificateTexts((await textOf(root, keyPath.replace(/\.key$/, '.crt'))) ?? '');
  const key = privateKeyText((await textOf(root, keyPath)) ?? '');
  try {
    return (
      certificate !== undefined && key !== null && parseCertificate(certificate).publicKey === publicKeyOfPrivate(key)
    );
  } catch {
    return false;
  }
}

/** The CA certificates of a backup, without K3s's copies that lack the certificates behind the first. */
async function authoritiesIn(directory: string, { files }: BackupManifest): Promise<BackupManifest['files']> {
  const found: BackupManifest['files'] = [];
  for (const file of files.filter(({ path }) => /(?<!\.nochain)\.crt$/.test(path)))
    if (isAuthority((await readBackedUp(directory, file)).toString('utf8'))) found.push(file);
  return found;
}

/** Backups of earlier versions hold the keys themselves. */
function checksumIn({ files, keys = [] }: BackupManifest, path: string): string | undefined {
  return [...files, ...keys].find((file) => file.path === path)?.sha256;
}

const keyOf = (path: string): string => path.replace(/\.crt$/, '.key');

export function isAuthority(text: string): boolean {
  const first = certificatesIn(readPem(text))[0];
  try {
    return first !== undefined && parseCertificate(first).isCa;
  } catch {
    return false;
  }
}

/** Whether this is the key of a CA: by the certificate beside it, and by its name where that is missing or damaged. */
export async function isAuthorityKey(root: Root, path: string): Promise<boolean> {
  if (!path.endsWith('.key')) return false;
  return isNamedAsAuthorityKey(path) || isAuthority((await textOf(root, path.replace(/\.key$/, '.crt'))) ?? '');
}

export const isNamedAsAuthorityKey = (path: string): boolean => /(^|[/-])ca\.key$/.test(path);

async function textOf(root: Root, path: string): Promise<string | null> {
  return readSmall(await followLinks(root, path)).then(
    ({ bytes }) => bytes.toString('utf8'),
    () => null,
  );
}

/** SHA-256 of a file of the node; null for one that cannot be read. */
export async function checksum(root: Root, path: string): Promise<string | null> {
  try {
    return sha256((await readSmall(await followLinks(root, path))).bytes);
  } catch {
    return null;
  }
}
