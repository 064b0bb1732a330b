import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Accepted } from '../../domain/external/judge-answers.ts';
import type { Instant } from '../../domain/model/certificate.ts';
import { CertagentError } from '../../domain/model/errors.ts';
import { INSTALLING_DIR } from '../../domain/plan/planner.ts';
import type { RestoredPair } from '../../domain/plan/steps/restore-files.ts';
import { type FileFacts, readSmall, syncDirectory, writeAtomic } from '../../host/files.ts';
import { currentEntries, parseKubeconfig } from '../../host/kubeconfig.ts';
import { replaceValues } from '../../host/kubeconfig-edit.ts';
import { followLinks } from '../../host/links.ts';
import { requestKey } from '../../host/request-files.ts';
import type { Root } from '../../host/root.ts';
import { publicKeyOfPrivate } from '../../host/x509.ts';
import { type BackedUpFile, type BackupManifest, MANIFEST, placeIn, sha256 } from '../backup/backup-manifest.ts';

export function installingDirectory(planId: string): string {
  return `${INSTALLING_DIR}/${planId}`;
}

/** A file as it is to be. `was`: SHA-256 of what is there; `at`: where that is on this machine. */
export type NewFile = { path: string; at: string; content: string; was: string; facts: FileFacts };

/** What takes the place of one certificate: with its key, or the kubeconfig that holds both. */
export type NewPair = { id: string; notAfter: Instant; files: NewFile[] };

/** Throws CertagentError INSTALL_REFUSED for what certagent cannot replace. */
export async function newPair(root: Root, { request, observed, answer }: Accepted): Promise<NewPair> {
  const key = await requestKey(root, request.id);
  // Nothing that certagent kept may make it write a pair that does not work.
  if (publicKeyOfPrivate(key) !== answer.certificate.publicKey)
    throw refused(`the key that was kept for ${request.id} is not the one of its request`);
  const { place } = observed;
  const pem = [answer.pem, ...answer.chain.map((ca) => ca.pem)].join('');
  const files =
    place.kind === 'kubeconfig'
      ? [await replacing(root, place.path, (text) => withCredentials(text, place.path, pem, key))]
      : await pairOfFiles(root, observed, pem, key);
  return { id: request.id, notAfter: answer.certificate.notAfter, files };
}

async function pairOfFiles(
  root: Root,
  { place, key }: Accepted['observed'],
  pem: string,
  newKey: string,
): Promise<NewFile[]> {
  if (key.state === 'not-expected' || key.state === 'missing')
    throw refused(
      `the private key beside ${place.path} is missing: certagent replaces a key together with its certificate`,
    );
  return [await replacing(root, key.path, () => newKey), await replacing(root, place.path, () => pem)];
}

export async function replacing(root: Root, path: string, become: (text: string) => string): Promise<NewFile> {
  const at = await followLinks(root, path);
  const { bytes, facts } = await readSmall(at);
  return { path, at, content: become(bytes.toString('utf8')), was: sha256(bytes), facts };
}

/** Everything else in the kubeconfig stays as it is, to the byte. */
export function withCredentials(text: string, path: string, pem: string, key: string): string {
  const config = parseKubeconfig(text);
  const name = currentEntries(config)?.user.name;
  const index = config.users.findIndex((user) => user.name === name);
  const data = (content: string): string => Buffer.from(content).toString('base64');
  try {
    return replaceValues(text, [
      { list: 'users', index, key: 'client-certificate-data', data: data(pem) },
      { list: 'users', index, key: 'client-key-data', data: data(key) },
    ]);
  } catch (cause) {
    throw new CertagentError('INSTALL_REFUSED', `${path} does not hold its certificate and key as data`, {
      cause,
      remedy: 'Put the certificate and a key in place by hand.',
    });
  }
}

/** As a plan names it. */
export function asPairs(pairs: NewPair[]): RestoredPair[] {
  return pairs.map(({ id, notAfter, files }) => ({
    id,
    notAfter,
    files: files.map(({ path, content, was }) => ({ path, sha256: sha256(content), was })),
  }));
}

/** Writes it all to the plan's directory, laid out as a backup, so that a killed plan can be finished. */
export async function stagePairs(root: Root, planId: string, pairs: NewPair[], now: Instant): Promise<void> {
  const directory = root.at(installingDirectory(planId));
  await mkdir(root.at(INSTALLING_DIR), { recursive: true, mode: 0o700 });
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { mode: 0o700 });
  const files: BackedUpFile[] = [];
  for (const file of pairs.flatMap((pair) => pair.files)) {
    const { path, at, content, facts } = file;
    const copy = placeIn(directory, path);
    await mkdir(dirname(copy), { recursive: true, mode: 0o700 });
    const { mode, uid, gid } = facts;
    // Its access control list, too: the file that takes the place gets those of this one.
    await writeAtomic(copy, content, { mode, like: at });
    const size = Buffer.byteLength(content);
    files.push({ path, mode, uid, gid, size, modifiedAt: now, sha256: sha256(content) });
  }
  const manifest: BackupManifest = { version: 1, planId, createdAt: now, files, links: [], absent: [] };
  await writeAtomic(join(directory, MANIFEST), `${JSON.stringify(manifest)}\n`, { mode: 0o600 });
  await syncDirectory(root.at(INSTALLING_DIR));
}

/** What ended plans have left. Only while none is unfinished. */
export async function removeStaged(root: Root): Promise<void> {
  await rm(root.at(INSTALLING_DIR), { recursive: true, force: true });
}

const refused = (what: string): CertagentError =>
  new CertagentError('INSTALL_REFUSED', what, { remedy: 'Make a new request: certagent csr --new NAME' });
