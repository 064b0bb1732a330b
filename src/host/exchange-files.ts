import { lstat, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, explain } from '../domain/model/errors.ts';
import type { InstallFile } from '../domain/model/requests-report.ts';
import { readSmall, writeAtomic } from './files.ts';
import { certificateTexts, readPem } from './pem.ts';

// What goes to a CA elsewhere and comes back from it, in directories that are not certagent's.

/** Writes requests, which are public, as NAME.csr. */
export async function writeRequests(directory: string, requests: { id: string; csr: string }[]): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const { id, csr } of requests) await writeAtomic(join(directory, `${id}.csr`), csr, { mode: 0o644 });
}

/** More than a CA puts into a directory for one node. */
const MOST_FILES = 200;

/**
 * What files of an answer hold; of a directory all that is in it, but for requests and hidden files. A link in a directory is not
 * followed: somebody else may have put it there. Only certificates are taken out of a file, so that no key that is in it goes anywhere.
 * What cannot be used is refused, never an exception.
 */
export async function readAnswers(paths: string[]): Promise<InstallFile[]> {
  const found: InstallFile[] = [];
  for (const path of paths) {
    const facts = await lstat(path).catch(() => null);
    found.push(...(facts?.isDirectory() === true ? await inDirectory(path) : [await inFile(path)]));
  }
  return found;
}

async function inDirectory(directory: string): Promise<InstallFile[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((error: unknown) => explain(error));
  if (typeof entries === 'string') return [{ name: directory, refused: entries }];
  const files = entries.filter(({ name }) => !name.startsWith('.') && !name.endsWith('.csr'));
  if (files.length === 0) return [{ name: directory, refused: 'holds no certificate' }];
  if (files.length > MOST_FILES) return [{ name: directory, refused: `holds more than ${MOST_FILES} files` }];
  const sorted = files.sort((a, b) => (a.name < b.name ? -1 : 1));
  return Promise.all(
    sorted.map(async (entry): Promise<InstallFile> => {
      const name = join(directory, entry.name);
      if (entry.isSymbolicLink()) return { name, refused: 'is a symbolic link: name the file itself' };
      return entry.isFile() ? inFile(name) : { name, refused: 'is not a regular file' };
    }),
  );
}

async function inFile(name: string): Promise<InstallFile> {
  try {
    const text = (await readSmall(name)).bytes.toString('latin1');
    const certificates = certificateTexts(text);
    return certificates.length > 0 ? { name, text: certificates.join('') } : { name, refused: whyNone(text) };
  } catch (error) {
    const known = WHY[errorCode(error)];
    return { name, refused: known ?? explain(error) };
  }
}

const WHY: Record<string, string> = {
  NOT_A_FILE: 'is not a regular file',
  TOO_LARGE: 'is larger than 1 MiB',
  ENOENT: 'does not exist',
};

/** Nothing of the content is quoted: it may be a key. */
function whyNone(text: string): string {
  const { blocks, damage } = readPem(text);
  if (blocks.some(({ type }) => type.endsWith('PRIVATE KEY')))
    return 'holds a private key and no certificate: the keys of the requests are on this node, and no other is installed';
  if (blocks.some(({ type }) => type.endsWith('CERTIFICATE REQUEST'))) return 'holds a request, not the answer to one';
  return damage === null ? 'holds no certificate (PEM)' : 'holds a certificate that is not complete';
}
