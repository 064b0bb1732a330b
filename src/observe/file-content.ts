import { CertagentError, errorCode } from '../domain/model/errors.ts';
import type { FindingReason } from '../domain/model/inventory.ts';
import type { FileFacts } from '../host/files.ts';
import { readStamped, statRegular } from '../host/read-stamped.ts';
import { isWorthRemembering, memory } from './remembered.ts';
import { placeOf, type Scan } from './scan.ts';

/** `text`: its bytes as UTF-8. Formats that are strict about that take `bytes`. */
export type Content = { bytes: Buffer; text: string; facts: FileFacts };

/** Why a file could not be read as what it should be; never holds any of its content. */
export class Unreadable extends Error {
  readonly reason: FindingReason;

  constructor(reason: FindingReason, detail: string) {
    super(detail);
    this.reason = reason;
  }
}

/** Content of a small regular file of the node. Throws Unreadable. */
export async function readContent(scan: Scan, path: string): Promise<Content> {
  try {
    const { place, isLocal } = await placeOf(scan, path);
    const { bytes, facts } = await readStamped(place, isLocal);
    return contentOf(bytes, facts);
  } catch (error) {
    throw unreadable(error);
  }
}

/**
 * What `read` makes of a file's content. A file that has not changed since an earlier scan is not read again, unless there
 * was a problem. What `read` returns must be without secrets, and depend on nothing but the content. Throws Unreadable.
 */
export async function readAs<T extends { problem: Unreadable | null }>(
  scan: Scan,
  path: string,
  format: string,
  read: (content: Content) => T,
): Promise<{ said: T; facts: FileFacts }> {
  try {
    const { place, isLocal } = await placeOf(scan, path);
    const key = `${format} ${place}`;
    const before = memory.get(key);
    if (before !== undefined) {
      const { stamp, facts } = await statRegular(place, isLocal);
      if (stamp === before.stamp) return { said: before.said as T, facts };
    }
    const { bytes, facts, stamp } = await readStamped(place, isLocal);
    const said = read(contentOf(bytes, facts));
    if (said.problem === null && isWorthRemembering(facts.changedAt)) memory.set(key, { stamp, said });
    return { said, facts };
  } catch (error) {
    throw unreadable(error);
  }
}

function contentOf(bytes: Buffer, facts: FileFacts): Content {
  if (bytes.length === 0) throw new Unreadable('empty', 'is empty');
  if (bytes.includes(0) && !isUtf16(bytes)) throw new Unreadable('binary', 'holds binary data, not text');
  return {
    bytes,
    facts,
    get text() {
      return bytes.toString('utf8');
    },
  };
}

/** With a byte order mark: kubectl reads a kubeconfig like that. */
function isUtf16([first, second]: Buffer): boolean {
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
}

function unreadable(error: unknown): Unreadable {
  if (error instanceof Unreadable) return error;
  const code = errorCode(error);
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new Unreadable('missing', 'does not exist');
    case 'EACCES':
    case 'EPERM':
      return new Unreadable('permission', `may not be read (${code})`);
    case 'TOO_LARGE':
      return new Unreadable('too-large', 'is larger than 1 MiB, which no certificate or kubeconfig is');
    case 'NOT_A_FILE':
    case 'EISDIR':
    case 'ENXIO':
    case 'ELOOP':
    case 'LINK_LOOP':
      return new Unreadable('not-a-file', 'is not a regular file');
    default:
      return new Unreadable(
        'io-error',
        error instanceof CertagentError ? error.message : `could not be read (${code})`,
      );
  }
}
