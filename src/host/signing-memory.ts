import type { SigningMemory } from '../domain/model/signing-request.ts';
import { readTextIfThere } from './files.ts';
import { type Root, STATE_DIR } from './root.ts';
import { count, instant, object, orNull, readAs, type Shape, tag, text } from './shape.ts';
import { writeState } from './state-file.ts';

const FILE = `${STATE_DIR}/signing.json`;

const stored: Shape<SigningMemory & { version: 1 }> = object({
  version: tag(1),
  failures: count,
  at: orNull(instant),
  error: orNull(text),
});

/** What became of the last calls of external_ca.command. One that cannot be read is none: the command is called again, and that is all. */
export async function readSigning(root: Root): Promise<SigningMemory> {
  try {
    const reading = readAs(stored, JSON.parse((await readTextIfThere(root.at(FILE))) ?? ''));
    if (reading.fits) {
      const { failures, at, error } = reading.value;
      return { failures, at, error };
    }
  } catch {
    // As one that is not there.
  }
  return { failures: 0, at: null, error: null };
}

export async function writeSigning(root: Root, memory: SigningMemory): Promise<void> {
  await writeState(root, FILE, { version: 1, ...memory });
}
