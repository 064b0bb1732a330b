import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CertagentError, explain } from '../../domain/model/errors.ts';
import type { FoundBackup, FoundFile, FoundLeaf } from '../../domain/restore/found-backup.ts';
import { leadsTo } from '../../host/chain.ts';
import { parseIfKubeconfig } from '../../host/kubeconfig.ts';
import { type Leaf, readLeaf } from '../../host/leaf.ts';
import { Root } from '../../host/root.ts';
import { checkPair } from '../verify/check-renewed.ts';
import { checksum, isAuthority } from './authorities.ts';
import { type BackedUpFile, type BackupManifest, MANIFEST, readBackedUp, readManifest } from './backup-manifest.ts';
import { stemOf } from './lasting-files.ts';

/** Paths of the node of a CA's certificate by that of the leaf that it must have signed; null: unknown. */
export type Issuers = (path: string) => string | null;

/** Every backup below `backups` (a path of the node), the newest first. What has no manifest at all is not certagent's. */
export async function readBackups(root: Root, backups: string, issuers: Issuers): Promise<FoundBackup[]> {
  const found: FoundBackup[] = [];
  for (const name of await readdir(root.at(backups)).catch((): string[] => [])) {
    if (name.endsWith('.partial') || !(await isBackup(root.at(`${backups}/${name}`)))) continue;
    found.push(await readBackup(root, `${backups}/${name}`, name, issuers));
  }
  return found.sort((a, b) => (b.createdAt ?? 0) - (a.createdAt ?? 0) || (a.planId < b.planId ? 1 : -1));
}

async function isBackup(directory: string): Promise<boolean> {
  return lstat(join(directory, MANIFEST)).then(
    (facts) => facts.isFile(),
    () => false,
  );
}

async function readBackup(root: Root, directory: string, planId: string, issuers: Issuers): Promise<FoundBackup> {
  const at = root.at(directory);
  const manifest = await readManifest(at).catch(() => null);
  if (manifest === null) return { planId, directory, createdAt: null, leaves: [] };
  const leaves: FoundLeaf[] = [];
  for (const group of Map.groupBy(manifest.files, ({ path }) => stemOf(path)).values()) {
    const leaf = await leafOf(root, at, group, issuers);
    if (leaf !== null) leaves.push(leaf);
  }
  return { planId, directory, createdAt: manifest.createdAt, leaves };
}

/** null: a CA, a manifest, or anything else that holds no certificate of its own. */
async function leafOf(
  root: Root,
  at: string,
  group: BackupManifest['files'],
  issuers: Issuers,
): Promise<FoundLeaf | null> {
  const certificate = group.find(({ path }) => !path.endsWith('.key'));
  if (certificate === undefined) return null;
  const { path } = certificate;
  const text = await contentOf(at, certificate);
  if (text !== null && (isAuthority(text) || !(path.endsWith('.crt') || holdsCredentials(text)))) return null;
  if (text === null && !/\.(crt|conf)$/.test(path)) return null;
  const files: FoundFile[] = [];
  for (const file of group) files.push({ path: file.path, sha256: file.sha256, now: await checksum(root, file.path) });
  const key = group.find((file) => file.path.endsWith('.key')) ?? certificate;
  const inBackup = new Root(join(at, 'files'));
  const leaf = text === null ? null : await readLeaf(inBackup, path).catch(() => null);
  if (leaf === null) return { path, notAfter: 0, files, flaw: 'is damaged' };
  const flaw = (await flawOfPair(inBackup, path, key.path)) ?? (await flawOfIssuer(root, leaf, issuers(path)));
  return { path, notAfter: leaf.certificate.notAfter, files, flaw };
}

/** null for one that is damaged: nothing is known of what it was. */
async function contentOf(at: string, file: BackedUpFile): Promise<string | null> {
  return readBackedUp(at, file).then(
    (bytes) => bytes.toString('utf8'),
    () => null,
  );
}

/** A kubeconfig that names files holds nothing that could be restored. */
function holdsCredentials(text: string): boolean {
  try {
    const users = parseIfKubeconfig(Buffer.from(text))?.users ?? [];
    return users.length > 0 && users.every(({ certificate, key }) => certificate !== null && key !== null);
  } catch {
    return false;
  }
}

async function flawOfPair(inBackup: Root, path: string, keyPath: string): Promise<string | null> {
  return checkPair(inBackup, { id: path, path, keyPath, caPath: null, old: null }).then(
    () => null,
    (error: unknown) => `is not usable: ${error instanceof CertagentError ? error.message : explain(error)}`,
  );
}

async function flawOfIssuer(root: Root, leaf: Leaf, caPath: string | null): Promise<string | null> {
  if (caPath === null) return null;
  const ca = await readLeaf(root, caPath).catch(() => null);
  return ca !== null && leadsTo([leaf.pem, ...leaf.others], ca.pem)
    ? null
    : `was not signed by the CA that is in ${caPath} now`;
}
