import { CertagentError } from '../domain/model/errors.ts';
import { readTextIfThere } from '../host/files.ts';
import { parsedJson } from '../host/json.ts';
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
  const content = await followLinks(root, FILE)
    .then((path) => readTextIfThere(path, LARGEST))
    .catch((error) => {
      throw unusable('cannot be read', error);
    });
  if (content === null) return NOTHING;
  const data = parsedJson(content) as { version?: unknown } | null | undefined;
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

function unusable(what: string, cause?: unknown): CertagentError {
  return new CertagentError('COPY_MEMORY', `${FILE}, where certagent remembers the copies that it saw, ${what}`, {
    ...(cause === undefined ? {} : { cause }),
    remedy: `Copies stay as they are. Restore the file, or remove it and adopt each copy that stays behind: certagent sync --adopt PATH`,
  });
}
