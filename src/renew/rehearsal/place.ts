import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { CertagentError } from '../../domain/model/errors.ts';
import { type Root, STATE_DIR } from '../../host/root.ts';
import { endSandbox } from '../../host/sandbox.ts';

const DIRECTORY = `${STATE_DIR}/rehearsals`;
const ID = /^[0-9a-f]{12}$/;

/** Where the copies of one rehearsal are. They hold private keys. */
export type Place = {
  unit: string;
  /** Of this machine: laid out like the node, so that it can be read as an image of it. */
  image: string;
  remove(): Promise<void>;
};

export async function makePlace(root: Root): Promise<Place> {
  const id = randomBytes(6).toString('hex');
  const directory = join(root.at(DIRECTORY), id);
  await mkdir(root.at(DIRECTORY), { recursive: true, mode: 0o700 });
  const image = join(directory, 'node');
  await mkdir(image, { recursive: true, mode: 0o700 });
  return { unit: unitOf(id), image, remove: () => removeDirectory(directory) };
}

/**
 * Ends and removes what rehearsals of a killed certagent have left: the directory is made before the unit and removed after it, so
 * that it names all there can be.
 */
export async function removeRehearsals(root: Root): Promise<void> {
  const names = await readdir(root.at(DIRECTORY)).catch(() => []);
  for (const id of names.filter((name) => ID.test(name))) {
    await endSandbox(root, `${unitOf(id)}.service`);
    await removeDirectory(join(root.at(DIRECTORY), id));
  }
}

/** A rehearsal writes about as much again as it copies; what is left is the node's. */
const TIMES = 3;
const LEFT_FREE = 256 * 1024 * 1024;

/** Throws CertagentError NO_SPACE where the disk of a place is too full for so many bytes of copies. */
export async function needRoom(image: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(image);
  if (bavail * bsize >= TIMES * bytes + LEFT_FREE) return;
  const needed = Math.ceil((TIMES * bytes + LEFT_FREE) / 1024 / 1024);
  throw new CertagentError('NO_SPACE', `the disk of ${STATE_DIR} has less than ${needed} MiB free`);
}

const unitOf = (id: string): string => `certagent-rehearsal-${id}`;

async function removeDirectory(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }).catch(() => {});
}
