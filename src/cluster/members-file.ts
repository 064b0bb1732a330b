import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { short } from '../domain/text/printable.ts';
import { readTextIfThere, writeAtomic } from '../host/files.ts';
import { followLinks } from '../host/links.ts';
import { type Root, STATE_DIR } from '../host/root.ts';
import { list, object, readAs, type Shape, tag, text } from '../host/shape.ts';

/** A control-plane node of the cluster, as the API listed it last. */
export type Member = { name: string; addresses: string[] };

/** More control-plane nodes than this are not a cluster, but an API that lies. */
export const MOST_MEMBERS = 64;

const FILE = `${STATE_DIR}/cluster.json`;
const LARGEST = 64 * 1024;

const SHAPE: Shape<{ version: 1; members: Member[] }> = object({
  version: tag(1),
  members: list(object({ name: text, addresses: list(text) })),
});

/**
 * The last membership that was seen, which serves while no API answers; null: there is none, or it cannot be read. It is never a
 * reason to do nothing: the next answer of the API replaces it.
 */
export async function loadMembers(root: Root): Promise<Member[] | null> {
  const content = await followLinks(root, FILE)
    .then((path) => readTextIfThere(path, LARGEST))
    .catch(() => null);
  try {
    const read = readAs(SHAPE, JSON.parse(content ?? 'null'));
    return read.fits && read.value.members.every(isPlausible) ? read.value.members : null;
  } catch {
    return null;
  }
}

export async function saveMembers(root: Root, members: Member[]): Promise<void> {
  const path = root.at(FILE);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeAtomic(path, `${JSON.stringify({ version: 1, members })}\n`, { mode: 0o600 });
}

/** What comes from the API ends in messages, in requests and in this file. */
export function isPlausible({ name, addresses }: Member): boolean {
  return /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(name) && addresses.every((one) => short(one, 64) === one);
}
