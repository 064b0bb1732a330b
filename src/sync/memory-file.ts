import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CertagentError, errorCode } from '../domain/model/errors.ts';
import { readSmall, writeAtomic } from '../host/files.ts';
import { followLinks } from '../host/links.ts';
import { type Root, STATE_DIR } from '../host/root.ts';
import { type Memory, NOTHING } from './memory.ts';

const FILE = `${STATE_DIR}/copies.json`;
const VERSION = 1;
const LARGEST = 64 * 1024 * 1024;

/**
 * What certagent remembers of copies. Throws CertagentError COPY_MEMORY when it cannot be read, or a newer certagent wrote
 * it: to ignore that would let removed copies come back, and leave all others behind.
 */
export async function loadMemory(root: Root): Promise<Memory> {
  let text: string;
  try {
    text = (await readSmall(await followLinks(root, FILE), LARGEST)).bytes.toString('utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error))) return NOTHING;
    throw unusable('cannot be read', error);
  }
  const data = parse(text);
  if (typeof data?.version === 'number' && data.version > VERSION) throw unusable('was written by a newer certagent');
  if (data?.version !== VERSION || ![data.sources, data.copies, data.gone].every(Array.isArray))
    throw unusable('is damaged');
  const { sources, copies, gone } = data as Memory;
  return { sources, copies, gone };
}

/** Written only when something changed: most checks change nothing. */
export async function saveMemory(root: Root, before: Memory, after: Memory): Promise<void> {
  const [old, text] = [before, after].map((memory) => `${JSON.stringify({ version: VERSION, ...memory })}\n`);
  if (old === text) return;
  const path = root.at(FILE);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeAtomic(path, text!, { mode: 0o600 });
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
