import { CertagentError, errorCode } from '../domain/model/errors.ts';
import type { FindingReason } from '../domain/model/inventory.ts';
import { type FileFacts, readSmall } from '../host/files.ts';
import { placeOf, type Scan } from './scan.ts';

export type Content = { text: string; facts: FileFacts };

/** Why a file could not be read as what it should be; never holds any of its content. */
export class Unreadable extends Error {
  readonly reason: FindingReason;

  constructor(reason: FindingReason, detail: string) {
    super(detail);
    this.reason = reason;
  }
}

/** Text of a small regular file of the node. Throws Unreadable. */
export async function readContent(scan: Scan, path: string): Promise<Content> {
  try {
    const { bytes, facts } = await readSmall(await placeOf(scan, path));
    if (bytes.length === 0) throw new Unreadable('empty', 'is empty');
    if (bytes.includes(0)) throw new Unreadable('binary', 'holds binary data, not text');
    return { text: bytes.toString('utf8'), facts };
  } catch (error) {
    throw error instanceof Unreadable ? error : unreadable(error);
  }
}

function unreadable(error: unknown): Unreadable {
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
      return new Unreadable('not-a-file', 'is no regular file');
    default:
      return new Unreadable(
        'io-error',
        error instanceof CertagentError ? error.message : `could not be read (${code})`,
      );
  }
}
