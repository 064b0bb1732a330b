import { setTimeout as pause } from 'node:timers/promises';
import { mapBounded } from '../host/bounded.ts';
import type { FileFacts } from '../host/files.ts';
import type { Root } from '../host/root.ts';
import { type Content, readAs, Unreadable } from './file-content.ts';
import { pemReading } from './pem-reading.ts';
import { anyReading, type Reading, refuseUsersYaml } from './read-any.ts';
import { dynamicCertParts, dynamicCertReading } from './read-dynamic-cert.ts';
import { kubeconfigParts, kubeconfigReading } from './read-kubeconfig.ts';
import { pemParts } from './read-pem.ts';
import { newScan, type Scan } from './scan.ts';
import type { Parts, Source, SourceRead } from './source.ts';

const AT_ONCE = 16;
const LOOKS = 3;
const PAUSE = 150;

/**
 * Reads all sources and what their kubeconfigs refer to. kubeadm and K3s truncate and write in place, key before
 * certificate: what looks half-written or mismatched is read again, up to three times with a short pause for all of them
 * together, before it is reported.
 */
export async function readSources(root: Root, sources: Source[]): Promise<SourceRead[]> {
  return (await readSourcesIf(root, sources, () => true))!;
}

/** As `readSources`; null when a kubeconfig refers to a file that `may` does not allow. */
export async function readSourcesIf(
  root: Root,
  sources: Source[],
  may: (path: string) => boolean,
): Promise<SourceRead[] | null> {
  const scan = newScan(root);
  const first = (await readSettled(scan, sources)).map((read, _index, all) => referredAndGone(read, all));
  const known = new Set(sources.map(({ path }) => path));
  const references = first.flatMap((read) => read.references).filter(({ path }) => !known.has(path) && known.add(path));
  if (!references.every(({ path }) => may(path))) return null;
  return [...first, ...(await readSettled(scan, references))];
}

/** A file whose absence is normal, unless a kubeconfig refers to it: then what reads that kubeconfig does not start. */
function referredAndGone(read: SourceRead, all: SourceRead[]): SourceRead {
  const { source, certificates, finding: told } = read;
  if (source.presence !== 'optional' || certificates.length > 0 || told !== null) return read;
  const referrer = all.find(({ references }) => references.some(({ path }) => path === source.path));
  if (referrer === undefined) return read;
  const why = `does not exist, and ${referrer.source.path} refers to it`;
  return { ...read, finding: finding(source, new Unreadable('missing', why)) };
}

async function readSettled(scan: Scan, sources: Source[]): Promise<SourceRead[]> {
  const reads = await mapBounded(sources, AT_ONCE, (source) => readSource(scan, source));
  for (let look = 0; look < LOOKS; look += 1) {
    const unsettled = [...reads.entries()].filter(([, read]) => !read.settled);
    if (unsettled.length === 0) break;
    await pause(PAUSE);
    await mapBounded(unsettled, AT_ONCE, async ([index, { source }]) => {
      reads[index] = await readSource(scan, source);
    });
  }
  return reads;
}

const NEVER_HALF_WRITTEN = ['missing', 'permission', 'too-large', 'not-a-file', 'io-error'];

async function readSource(scan: Scan, source: Source): Promise<SourceRead> {
  const nothing = { source, certificates: [], references: [], size: 0 };
  try {
    const { said, facts } = await readAs(scan, source.path, memoryKey(source), (content) => read(source, content));
    const parts = await partsOf(scan, source, said, facts);
    const mismatched = parts.certificates.some(({ key }) => key.state === 'differs' || key.state === 'unreadable');
    return {
      source,
      certificates: parts.certificates,
      references: parts.references ?? [],
      finding: parts.problem === null ? null : finding(source, parts.problem),
      settled: parts.problem === null && !mismatched,
      size: facts.size + (parts.keySize ?? 0),
    };
  } catch (error) {
    const problem = error instanceof Unreadable ? error : new Unreadable('io-error', 'could not be read');
    if (isNothingToTell(source, problem)) return { ...nothing, finding: null, settled: true };
    return { ...nothing, finding: finding(source, problem), settled: NEVER_HALF_WRITTEN.includes(problem.reason) };
  }
}

/** An operator's kubeconfig is refused where the node's own is read. */
const memoryKey = ({ format, owner }: Source): string => (owner === 'operator' ? `operator's ${format}` : format);

function read({ format, owner }: Source, content: Content): Reading {
  switch (format) {
    case 'pem':
      return pemReading(content);
    case 'dynamic-cert':
      return dynamicCertReading(content);
    case 'kubeconfig':
      if (owner === 'operator') refuseUsersYaml(content);
      return kubeconfigReading(content);
    case 'any':
      return anyReading(content);
  }
}

function partsOf(scan: Scan, source: Source, said: Reading, facts: FileFacts): Promise<Parts> {
  switch (said.format) {
    case 'pem':
      return pemParts(scan, source, said, facts);
    case 'dynamic-cert':
      return dynamicCertParts(scan, source, said, facts);
    case 'kubeconfig':
      return kubeconfigParts(scan, source, said, facts);
  }
}

function isNothingToTell(source: Source, problem: Unreadable): boolean {
  return problem.reason === 'missing' && source.presence !== 'required';
}

function finding(source: Source, problem: Unreadable): SourceRead['finding'] {
  return { path: source.path, id: source.id, owner: source.owner, reason: problem.reason, detail: problem.message };
}
