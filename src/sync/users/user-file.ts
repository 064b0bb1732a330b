import { posix } from 'node:path';
import type { Certificate } from '../../domain/model/certificate.ts';
import { CertagentError } from '../../domain/model/errors.ts';
import type { ObservedCertificate } from '../../domain/model/inventory.ts';
import type { FoundUser } from '../../domain/users/user-step.ts';
import { certificateTexts } from '../../host/pem.ts';
import { isSignedBy } from '../../host/x509.ts';
import { namesInPair } from '../beside-files.ts';
import { PAIR_SUFFIX } from '../leftover-files.ts';
import type { Answer, BesideFile, CopyContent, Detour, Request } from '../messages.ts';
import { observedIn } from '../observed.ts';
import { certificateBlocks, certificateOf, decodeData, holdsKey } from '../proof.ts';
import { type CopyHelper, startHelper } from '../spawn.ts';
import type { UserPlace } from './user-place.ts';

/** PEM. The key is never shown. */
export type UserPair = { certificate: string; key: string };

/** What a user's kubeconfig holds. `failed`: why it could not be read. */
export type UserReading =
  | { state: 'absent' }
  | { state: 'failed'; result: 'failed' | 'refused' | 'left'; why: string }
  | { state: 'read'; found: FoundUser | null; certificates: ObservedCertificate[] };

export type UserFile = {
  read(): Promise<UserReading>;
  /** Puts this pair in the place of what the last `read` found. Throws CertagentError COPY_REFUSED, COPY_CHANGED. */
  replace(pair: UserPair): Promise<void>;
  create(content: string): Promise<void>;
  end(): void;
};

type Entry = CopyContent['users'][number];
type Found = {
  entry: Entry;
  index: number;
  pem: string;
  certificate: Certificate;
  key: string | null;
  beside: Beside | null;
};

/** Everything of the file goes through a helper process that has become its account: root itself opens nothing there. */
export function openUserFile(
  prefix: string,
  place: UserPlace,
  user: string,
  clientCas: string[],
  helper: CopyHelper = startHelper({ prefix, identity: place.identity, clientCas }),
): UserFile {
  const { at, path } = place;
  let replacement: ((pair: UserPair) => Request) | null = null;

  return {
    async read() {
      replacement = null;
      const answer = await helper.ask({ do: 'read', at, tidy: true });
      if (answer.is === 'absent') return { state: 'absent' };
      if (answer.is !== 'read') return { state: 'failed', ...unread(answer) };
      const certificates = observedIn(path, answer.certificates, answer.file);
      const [one, second] = await entriesOf(helper, place, user, answer.content);
      if (one === undefined) return { state: 'read', found: null, certificates };
      const { certificate, pem, key, index } = one;
      const fixed = second !== undefined ? `holds more than one certificate for ${user}` : whyFixed(one.entry, path);
      const isProven = key !== null && holdsKey(pem, key);
      const { beside } = one;
      const { version } = answer;
      replacement =
        beside === null
          ? (pair) => ({ do: 'replace', at, version, values: values(index, pair) })
          : (pair) => ({
              ...{ do: 'replace-files', at, files: contents(beside.files, pair) },
              detour: beside.names === null ? null : { version, index, ...beside.names },
            });
      const isSigned = clientCas.some((ca) => isSignedBy(pem, ca));
      const isHalfway = beside?.isHalfway === true;
      return { state: 'read', found: { certificate, isSigned, isProven, isHalfway, fixed }, certificates };
    },
    async replace(pair) {
      if (replacement === null) throw new CertagentError('COPY_REFUSED', `${path} holds no certificate to replace`);
      expectDone(path, await helper.ask(replacement(pair)));
    },
    async create(content) {
      expectDone(path, await helper.ask({ do: 'create', at, content }));
    },
    end: () => helper.end(),
  };
}

/** The entries with a certificate for the user. */
async function entriesOf(helper: CopyHelper, place: UserPlace, user: string, { users }: CopyContent): Promise<Found[]> {
  const entries: Found[] = [];
  for (const [index, entry] of users.slice(0, MOST).entries()) {
    const beside = entry.certificate === null ? await besideOf(helper, place, entry) : null;
    const pem =
      beside === null ? certificateBlocks(entry.certificate ?? '')[0] : certificateTexts(beside.certificate)[0];
    const certificate = certificateOf(pem);
    if (pem === undefined || certificate?.commonName !== user) continue;
    entries.push({ entry, index, pem, certificate, beside, key: beside === null ? keyOf(entry) : beside.key });
  }
  return entries;
}

/** No kubeconfig that a person reads has more users than this. */
const MOST = 50;

/**
 * What the kubeconfig names in files. `files`: those that are replaced, in this order. `names`: how it names them, where they are two.
 * `isHalfway`: it names the file of a replacement that was interrupted (`replaceBesides`).
 */
type Beside = {
  certificate: string;
  key: string;
  files: BesideFile[];
  names: Pick<Detour, 'certificate' | 'key'> | null;
  isHalfway: boolean;
};

/** null: it names no files that certagent would read. */
async function besideOf(helper: CopyHelper, place: UserPlace, entry: Entry): Promise<Beside | null> {
  const { certificateFile, keyFile } = entry;
  if (certificateFile === null || keyFile === null) return null;
  const names = { certificate: certificateFile, key: keyFile };
  const files = await filesOf(helper, place, names);
  if (files === null) return null;
  const [key, certificate] = files.map(textOf) as [string, string];
  const isOne = files[0]!.name === files[1]!.name;
  const found = { certificate, key, files, names: isOne ? null : names, isHalfway: false };
  if (files[0]!.name !== `${place.at.name}${PAIR_SUFFIX}`) return found;
  const before = namesInPair(key);
  const own = before === null ? null : await filesOf(helper, place, before);
  return own === null || own[0]!.name === own[1]!.name
    ? found
    : { ...found, files: own, names: before, isHalfway: true };
}

/** Key and certificate, in the order in which they are written. null: they are not read. */
async function filesOf(
  helper: CopyHelper,
  { at, path }: UserPlace,
  names: Pick<Detour, 'certificate' | 'key'>,
): Promise<BesideFile[] | null> {
  const [key, certificate] = [names.key, names.certificate].map((file) => plainName(file, path));
  if (key == null || certificate == null) return null;
  const answer = await helper.ask({ do: 'read-files', at, names: [key, certificate] });
  return answer.is === 'files' && answer.files.length === 2 ? answer.files : null;
}

/** The name of a file in the kubeconfig's own directory; null for any other. */
function plainName(file: string, kubeconfig: string): string | null {
  const directory = posix.dirname(kubeconfig);
  const whole = posix.resolve(directory, file);
  return posix.dirname(whole) === directory ? posix.basename(whole) : null;
}

function whyFixed({ other, certificate, key }: Entry, path: string): string | null {
  const isOfFiles = other === 'client-certificate' || other === 'client-key';
  if (other !== null && !isOfFiles) return `has ${other} beside the certificate`;
  if (isOfFiles && certificate === null && key === null) return null;
  return other === null ? null : `has one of certificate and key embedded, and the other in a file: ${path}`;
}

function keyOf({ key }: Entry): string | null {
  return key === null ? null : decodeData(key);
}

function values(index: number, { certificate, key }: UserPair) {
  return [
    { list: 'users' as const, index, key: 'client-certificate-data' as const, data: encode(certificate) },
    { list: 'users' as const, index, key: 'client-key-data' as const, data: encode(key) },
  ];
}

/** Where there is no detour the key goes first: what a kill in between leaves is finished with the key that root still has. */
function contents([key, certificate]: BesideFile[], pair: UserPair): BesideFile[] {
  if (key!.name === certificate!.name) return [{ ...key!, data: encode(pair.certificate + pair.key) }];
  return [
    { ...key!, data: encode(pair.key) },
    { ...certificate!, data: encode(pair.certificate) },
  ];
}

const textOf = ({ data }: BesideFile): string => Buffer.from(data, 'base64').toString('latin1');
const encode = (text: string): string => Buffer.from(text).toString('base64');

function unread(answer: Answer): { result: 'failed' | 'refused' | 'left'; why: string } {
  if (answer.is === 'refused' || answer.is === 'left' || answer.is === 'failed')
    return { result: answer.is, why: answer.why };
  return { result: 'failed', why: 'its helper process gave an answer that makes no sense' };
}

function expectDone(path: string, answer: Answer): void {
  if (answer.is === 'done') return;
  const why = answer.is === 'absent' ? 'is not there any more' : unread(answer).why;
  throw new CertagentError('COPY_REFUSED', `${path} ${why}`);
}
