import { constants, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { CertagentError, errorCode } from '../domain/model/errors.ts';
import { replaceValues } from '../host/kubeconfig-edit.ts';
import { parseYaml } from '../host/yaml.ts';
import { readBesides, removeLeftPair, replaceBesides } from './beside-files.ts';
import { decode, readContent } from './copy-content.ts';
import { type GuardedFile, inDirectory, readGuarded } from './guarded.ts';
import { changed, createGuarded, replaceGuarded } from './guarded-write.ts';
import { removeLeftovers } from './leftover-files.ts';
import type { Answer, Hello, Identity, Request } from './messages.ts';
import { certificatesInText, seenCertificates } from './seen.ts';

/**
 * The helper process: becomes the copy's owner, then reads and writes that user's copies as the root process asks over
 * standard input, one JSON object a line, each with one answer. Ends with its input. Whatever a user puts into their
 * home is opened and parsed here, with that user's rights and nobody else's.
 */
export async function serve(): Promise<void> {
  // Everything that is loaded later would have to be readable by the user.
  parseYaml('{}');
  let work: ((request: Request) => Answer) | null = null;
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (work === null) work = begin(JSON.parse(line) as Hello);
    else process.stdout.write(`${JSON.stringify(work(JSON.parse(line) as Request))}\n`);
  }
}

/** Opens the root prefix (its parents may be closed to the user) and becomes the user; without that nothing is done. */
function begin(hello: Hello): (request: Request) => Answer {
  try {
    process.umask(0o077);
    const base = openSync(hello.prefix === '' ? '/' : hello.prefix, constants.O_RDONLY | constants.O_DIRECTORY);
    if (hello.identity !== null) become(hello.identity);
    return (request) => answer({ base, clientCas: hello.clientCas }, request);
  } catch (error) {
    const why = `could not be read: certagent could not act as its owner (${errorCode(error)})`;
    return () => ({ is: 'failed', why });
  }
}

function become({ uid, gid, groups }: Identity): void {
  process.setgroups!(groups);
  process.setgid!(gid);
  process.setuid!(uid);
  const left = process.getgroups!().filter((group) => group !== gid && !groups.includes(group));
  const own = [process.getuid!(), process.geteuid!(), process.getgid!(), process.getegid!()];
  if (own.join() !== [uid, uid, gid, gid].join() || left.length > 0 || (uid !== 0 && canReturn()))
    throw new CertagentError('COPY_IDENTITY', 'did not become the user');
}

function canReturn(): boolean {
  try {
    process.setuid!(0);
    return true;
  } catch {
    return false;
  }
}

type Context = { base: number; clientCas: string[] };

function answer({ base, clientCas }: Context, request: Request): Answer {
  try {
    return inDirectory(base, request.at, request.do === 'create', (directory) => act(directory, request, clientCas));
  } catch (error) {
    return inWords(error);
  }
}

function act(directory: string, request: Request, clientCas: string[]): Answer {
  const { name } = request.at;
  if (request.do === 'read-files') return readBesides(directory, request.names);
  if (request.do === 'replace-files') return replaceBesides(directory, name, request.files, request.detour);
  if (request.do === 'create') {
    createGuarded(directory, name, Buffer.from(request.content));
    return { is: 'done', note: '' };
  }
  if (request.do === 'tidy' || (request.do === 'read' && request.tidy)) removeLeftovers(directory, name);
  if (request.do === 'tidy') return { is: 'done', note: '' };
  const file = readGuarded(directory, name);
  if (request.do === 'read') return read(directory, file, request, clientCas);
  if (file.version !== request.version) throw changed();
  const text = replaceValues(decode(file.bytes), request.values);
  if (request.dryRun === true) return { is: 'done', note: '' };
  return { is: 'done', note: replaceGuarded(directory, name, file, Buffer.from(text)) };
}

function read(directory: string, file: GuardedFile, { at, tidy }: ReadRequest, clientCas: string[]): Answer {
  const facts = { version: file.version, file: file.facts };
  try {
    const content = readContent(decode(file.bytes));
    if (tidy) removeLeftPair(directory, at.name, content);
    const certificates = seenCertificates(content, clientCas, (path) => readBeside(directory, path));
    return { is: 'read', content, certificates, ...facts };
  } catch (error) {
    const answer = inWords(error);
    const certificates = answer.is === 'left' ? certificatesInText(file.bytes.toString('latin1'), clientCas) : [];
    return certificates.length === 0 ? answer : ({ ...answer, certificates, file: file.facts } as Answer);
  }
}

type ReadRequest = Extract<Request, { do: 'read' }>;

/** Only a plain name in the copy's own directory is read. */
function readBeside(directory: string, path: string): string | null {
  try {
    return readGuarded(directory, path.replace(/^\.\//, '')).bytes.toString('latin1');
  } catch {
    return null;
  }
}

/** Only certagent's own messages are passed on: others may quote the file. */
function inWords(error: unknown): Answer {
  if (!(error instanceof CertagentError))
    return { is: 'failed', why: `could not be read or written (${errorCode(error)})` };
  switch (error.code) {
    case 'COPY_ABSENT':
      return { is: 'absent' };
    case 'COPY_REFUSED':
    // It holds an older certificate of this node, and would expire in silence.
    case 'COPY_NOT_EDITABLE':
      return { is: 'refused', why: error.message };
    case 'BAD_YAML':
    case 'BAD_KUBECONFIG':
      return { is: 'left', why: error.message };
    default:
      return { is: 'failed', why: error.message };
  }
}
