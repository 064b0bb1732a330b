import { mkdir, readdir, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { CertagentError } from '../domain/model/errors.ts';
import type { SigningRequest } from '../domain/model/signing-request.ts';
import type { NewRequest } from './certificate-request.ts';
import { readSmall, readTextIfThere, removeTemporaries, syncDirectory, writeAtomic } from './files.ts';
import { type Root, STATE_DIR } from './root.ts';
import { instant, list, object, orNull, readAs, type Shape, tag, text } from './shape.ts';

/**
 * Requests that wait for an answer, three files each: the private key, the request, and what it asks for. The last makes it a request:
 * one that a killed certagent left without it is not there. Root alone can read the directory.
 */
export const REQUESTS_DIR = `${STATE_DIR}/requests`;

const stored: Shape<SigningRequest & { version: 1 }> = object({
  version: tag(1),
  id: text,
  createdAt: instant,
  publicKey: text,
  subject: text,
  commonName: orNull(text),
  organizations: list(text),
  sans: list(text),
  usages: list(text),
  keyType: text,
});

/** What waits, by id. A file that this version cannot read is passed over. */
export async function readRequests(root: Root): Promise<SigningRequest[]> {
  const names = await readdir(root.at(REQUESTS_DIR)).catch((): string[] => []);
  const found: SigningRequest[] = [];
  for (const name of names.filter((each) => each.endsWith('.json'))) {
    const request = await readRequest(root, name);
    if (request !== null && `${request.id}.json` === name) found.push(request);
  }
  return found.sort((a, b) => (a.id < b.id ? -1 : 1));
}

async function readRequest(root: Root, name: string): Promise<SigningRequest | null> {
  try {
    const reading = readAs(stored, JSON.parse((await readTextIfThere(root.at(`${REQUESTS_DIR}/${name}`))) ?? ''));
    if (!reading.fits) return null;
    const { version: _version, ...request } = reading.value;
    return request;
  } catch {
    return null;
  }
}

/** Keeps a new request with its key; an earlier one for the same certificate, with its key, is gone. */
export async function keepRequest(root: Root, facts: SigningRequest, { csr, key }: NewRequest): Promise<void> {
  await mkdir(root.at(REQUESTS_DIR), { recursive: true, mode: 0o700 });
  await removeRequest(root, facts.id);
  const write = (ending: string, content: string) =>
    writeAtomic(root.at(pathOf(facts.id, ending)), content, { mode: 0o600 });
  await write('key', key);
  await write('csr', csr);
  await write('json', `${JSON.stringify({ version: 1, ...facts })}\n`);
}

/** The node's own path of a request. */
export function requestPath(id: string): string {
  return pathOf(id, 'csr');
}

/** PEM of a waiting request. */
export async function requestText(root: Root, id: string): Promise<string> {
  return (await readSmall(root.at(pathOf(id, 'csr')))).bytes.toString('utf8');
}

/** The private key of a waiting request (PEM); never to be shown. */
export async function requestKey(root: Root, id: string): Promise<string> {
  return (await readSmall(root.at(pathOf(id, 'key')))).bytes.toString('utf8');
}

/** What makes it a request goes first, so that a kill leaves no request without its key. */
export async function removeRequest(root: Root, id: string): Promise<void> {
  for (const ending of ['json', 'csr', 'key']) await rm(root.at(pathOf(id, ending)), { force: true });
  await syncDirectory(root.at(REQUESTS_DIR));
}

/** What a killed certagent left half-written; it may be a private key. Only where no other certagent works. */
export async function removeHalfRequests(root: Root): Promise<void> {
  const directory = root.at(REQUESTS_DIR);
  await removeTemporaries(directory);
  const names = await readdir(directory).catch((): string[] => []);
  for (const name of names.filter((each) => /\.(csr|key)$/.test(each)))
    if (!names.includes(name.replace(/\.(csr|key)$/, '.json'))) await rm(`${directory}/${name}`, { force: true });
}

/** An id is a file's name here. */
function pathOf(id: string, ending: string): string {
  if (id !== basename(id) || id.startsWith('.') || id === '')
    throw new CertagentError('CSR_REFUSED', `certagent cannot keep a request for ${JSON.stringify(id)}`);
  return `${REQUESTS_DIR}/${id}.${ending}`;
}
