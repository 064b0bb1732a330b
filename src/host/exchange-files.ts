import { mkdir, readdir, stat } from 'node:fs/promises';
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
/** Bytes of certificates in all of them: the certificates of a node, each with a long chain, have a tenth of it. */
const MOST_BYTES = 2 * 1024 * 1024;

/**
 * What files of an answer hold; of a directory all that is in it, but for requests and hidden files. A link in a directory is not
 * followed: somebody else may have put it there. Only certificates are taken out of a file, so that no key that is in it goes anywhere.
 * What cannot be used is refused, never an exception.
 */
export async function readAnswers(paths: string[]): Promise<InstallFile[]> {
  const found: InstallFile[] = [];
  const room = { left: MOST_BYTES };
  for (const path of paths) {
    const facts = await stat(path).catch(() => null);
    found.push(...(facts?.isDirectory() === true ? await inDirectory(path, room) : [await inFile(path, room)]));
  }
  return found;
}

async function inDirectory(directory: string, room: Room): Promise<InstallFile[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((error: unknown) => explain(error));
  if (typeof entries === 'string') return [{ name: directory, refused: entries }];
  const files = entries.filter(({ name }) => !name.startsWith('.') && !name.endsWith('.csr'));
  if (files.length === 0) return [{ name: directory, refused: 'holds no certificate' }];
  if (files.length > MOST_FILES) return [{ name: directory, refused: `holds more than ${MOST_FILES} files` }];
  const sorted = files.sort((a, b) => (a.name < b.name ? -1 : 1));
  const found: InstallFile[] = [];
  for (const entry of sorted) {
    const name = join(directory, entry.name);
    if (entry.isSymbolicLink()) found.push({ name, refused: 'is a symbolic link: name the file itself' });
    else found.push(entry.isFile() ? await inFile(name, room) : { name, refused: 'is not a regular file' });
  }
  return found;
}

type Room = { left: number };

async function inFile(name: string, room: Room): Promise<InstallFile> {
  try {
    const text = withoutMark((await readSmall(name)).bytes);
    const certificates = certificateTexts(text).join('');
    if (certificates === '') return { name, refused: whyNone(text) };
    room.left -= certificates.length;
    return room.left < 0
      ? { name, refused: 'and the files before it hold more than 2 MiB of certificates' }
      : { name, text: certificates };
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

/** Some editors begin a file with a byte order mark, which is no part of its text. */
function withoutMark(bytes: Buffer): string {
  const mark = bytes.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf])) ? 3 : 0;
  return bytes.subarray(mark).toString('latin1');
}

/** Nothing of the content is quoted: it may be a key. */
function whyNone(text: string): string {
  const { blocks, damage } = readPem(text);
  const holds = (ending: string) => blocks.some(({ type }) => type.endsWith(ending));
  if (holds('PRIVATE KEY'))
    return 'holds a private key and no certificate: the keys of the requests are on this node, and no other is installed';
  if (holds('CERTIFICATE REQUEST')) return 'holds a request, not the answer to one';
  if (holds('PKCS7') || holds('CMS'))
    return 'holds PKCS #7, not a certificate: openssl pkcs7 -print_certs -in FILE -out FILE.pem';
  if (holds(' CERTIFICATE')) return 'holds a certificate for OpenSSL alone: openssl x509 -in FILE -out FILE.pem';
  // DER begins with a sequence of more than 127 bytes, UTF-16 with a mark.
  if (/^\x30[\x81-\x84]/.test(text))
    return 'holds binary data (DER), not PEM: openssl x509 -inform DER -in FILE -out FILE.pem, or openssl pkcs7 -inform DER -print_certs';
  if (/^(\xff\xfe|\xfe\xff)/.test(text)) return 'is UTF-16 text: save it as UTF-8';
  return damage === null ? 'holds no certificate (PEM)' : 'holds a certificate that is not complete';
}
