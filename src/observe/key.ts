import { lstat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Certificate } from '../domain/model/certificate.ts';
import type { KeyFinding } from '../domain/model/inventory.ts';
import type { FileFacts } from '../host/files.ts';
import { readAs, Unreadable } from './file-content.ts';
import { type KeyId, pemReading } from './pem-reading.ts';
import { isListed, type Scan } from './scan.ts';

/** What certagent finds about the private key in file `path` beside its certificate, and the size of that file. */
export async function keyInFile(
  scan: Scan,
  key: { path: string; expected: boolean },
  certificate: Certificate,
): Promise<{ finding: KeyFinding; size: number }> {
  if (!key.expected && !(await isListed(scan, key.path))) return { finding: { state: 'not-expected' }, size: 0 };
  try {
    const { said, facts } = await readAs(scan, key.path, 'pem', pemReading);
    return { finding: await keyFinding(scan, { path: key.path, facts }, said.key, certificate), size: facts.size };
  } catch (error) {
    const missing = error instanceof Unreadable && error.reason === 'missing';
    if (missing && !key.expected) return { finding: { state: 'not-expected' }, size: 0 };
    const state = missing ? 'missing' : 'unreadable';
    return { finding: { state, path: key.path, mode: null, readableByOthers: false }, size: 0 };
  }
}

/** As `keyInFile`, for a file whose key was read already. */
export async function keyFinding(
  scan: Scan,
  { path, facts }: { path: string; facts: FileFacts },
  key: KeyId,
  certificate: Certificate,
): Promise<KeyFinding> {
  return {
    state: key === null || key === 'unreadable' ? 'unreadable' : key === certificate.publicKey ? 'matches' : 'differs',
    path,
    mode: facts.mode,
    readableByOthers: await readableByOthers(scan, path, facts.mode),
  };
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
