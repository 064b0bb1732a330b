import { lstat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Certificate } from '../domain/model/certificate.ts';
import type { KeyFinding } from '../domain/model/inventory.ts';
import type { FileFacts } from '../host/files.ts';
import { publicKeyOfPrivate, splitPem } from '../host/x509.ts';
import { readContent, Unreadable } from './file-content.ts';
import { isListed, type Scan } from './scan.ts';

/** What there is to say of the private key in file `path` beside its certificate; null: there is none and none was expected. */
export async function keyInFile(
  scan: Scan,
  key: { path: string; expected: boolean },
  certificate: Certificate,
): Promise<{ finding: KeyFinding; size: number }> {
  if (!key.expected && !(await isListed(scan, key.path))) return { finding: { state: 'not-expected' }, size: 0 };
  try {
    const { text, facts } = await readContent(scan, key.path);
    return { finding: await keyInText(scan, { path: key.path, text, facts }, certificate), size: facts.size };
  } catch (error) {
    const missing = error instanceof Unreadable && error.reason === 'missing';
    if (missing && !key.expected) return { finding: { state: 'not-expected' }, size: 0 };
    const state = missing ? 'missing' : 'unreadable';
    return { finding: { state, path: key.path, mode: null, readableByOthers: false }, size: 0 };
  }
}

/** As `keyInFile`, for a key whose PEM text was read already (a kubeconfig's, the listener's). */
export async function keyInText(
  scan: Scan,
  file: { path: string; text: string; facts: FileFacts },
  certificate: Certificate,
): Promise<KeyFinding> {
  return {
    state: compare(file.text, certificate),
    path: file.path,
    mode: file.facts.mode,
    readableByOthers: await readableByOthers(scan, file.path, file.facts.mode),
  };
}

function compare(text: string, certificate: Certificate): 'matches' | 'differs' | 'unreadable' {
  const key = splitPem(text).keys[0];
  if (key === undefined) return 'unreadable';
  try {
    return publicKeyOfPrivate(key) === certificate.publicKey ? 'matches' : 'differs';
  } catch {
    return 'unreadable';
  }
}

/**
 * Whether group or others can really read a file of this mode: every directory on the way must let them through (K3s
 * keeps world-readable files in a directory that only root enters).
 */
async function readableByOthers(scan: Scan, path: string, mode: number): Promise<boolean> {
  let group = (mode & 0o040) !== 0;
  let others = (mode & 0o004) !== 0;
  for (let directory = dirname(path); (group || others) && directory !== '/'; directory = dirname(directory)) {
    const passes = await directoryMode(scan, directory);
    group &&= (passes & 0o011) !== 0;
    others &&= (passes & 0o001) !== 0;
  }
  return group || others;
}

function directoryMode({ root, modes }: Scan, directory: string): Promise<number> {
  let known = modes.get(directory);
  if (known === undefined) {
    known = lstat(root.at(directory)).then(
      // A symbolic link's own mode says nothing: it lets everybody through.
      (stat) => stat.mode,
      () => 0,
    );
    modes.set(directory, known);
  }
  return known;
}
