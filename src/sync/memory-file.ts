import { CertagentError, errorCode } from '../domain/model/errors.ts';
import { readSmall } from '../host/files.ts';
import { followLinks } from '../host/links.ts';
import { type Root, STATE_DIR } from '../host/root.ts';
import { count, instant, list, nodePath, object, readAs, type Shape, text } from '../host/shape.ts';
import { writeState } from '../host/state-file.ts';
import { type Memory, NOTHING } from './memory.ts';

const FILE = `${STATE_DIR}/copies.json`;
const VERSION = 1;
const LARGEST = 64 * 1024 * 1024;

/**
 * What certagent remembers of copies. Throws CertagentError COPY_MEMORY when it cannot be read, or a newer certagent wrote
 * it: to ignore that would let removed copies come back, and leave all others behind.
 */
export async function loadMemory(root: Root): Promise<Memory> {
  let content: string;
  try {
    content = (await readSmall(await followLinks(root, FILE), LARGEST)).bytes.toString('utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error))) return NOTHING;
    throw unusable('cannot be read', error);
  }
  const data = parse(content);
  if (typeof data?.version === 'number' && data.version > VERSION) throw unusable('was written by a newer certagent');
  const reading = readAs(shape, data);
  if (data?.version !== VERSION || !reading.fits) throw unusable('is damaged');
  const { sources, copies, gone } = reading.value;
  return { sources, copies, gone };
}

const known = { fingerprint: text, notAfter: instant };
const place = { path: nodePath, uid: count };
const shape: Shape<Memory> = object({
  sources: list(object(known)),
  copies: list(object({ ...known, ...place })),
  gone: list(object({ ...place, until: instant })),
});

/** Written only when something changed: most checks change nothing. */
export async function saveMemory(root: Root, before: Memory, after: Memory): Promise<void> {
  if (JSON.stringify(before) === JSON.stringify(after)) return;
  await writeState(root, FILE, { version: VERSION, ...after });
}

function parse(text: string): (Partial<Memory> & { version?: unknown }) | null {
  try {
    const data: unknown = JSON.parse(text);
    return typeof data === 'object' ? data : null;
  } catch {
    return null;
  }
}

function unusable(what: string, cause?: unknown): CertagentError {
  return new CertagentError('COPY_MEMORY', `${FILE}, where certagent remembers the copies that it saw, ${what}`, {
    ...(cause === undefined ? {} : { cause }),
    remedy: `Copies stay as they are. Restore the file, or remove it and adopt each copy that stays behind: certagent sync --adopt PATH`,
  });
}
