import { mkdir, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeAtomic } from './files.ts';
import type { Root } from './root.ts';

/** Replaces a file of certagent's own state (a path of the node) atomically; root alone can read it. */
export async function writeState(root: Root, file: string, content: object): Promise<void> {
  const path = root.at(file);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeAtomic(path, `${JSON.stringify(content)}\n`, { mode: 0o600 });
}

/** Keeps a state file that this version cannot use, before its own takes that place. Returns its name; null: it is not there. */
export async function setAside(root: Root, file: string): Promise<string | null> {
  const kept = `${file}.kept`;
  return rename(root.at(file), root.at(kept)).then(
    () => kept,
    () => null,
  );
}
