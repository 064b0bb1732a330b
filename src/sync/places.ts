import { lstat } from 'node:fs/promises';
import { posix } from 'node:path';
import type { Config } from '../config/schema.ts';
import { followLinks } from '../host/links.ts';
import type { Root } from '../host/root.ts';
import type { User } from '../host/users.ts';
import { type Facts, type Lookers, type LookItem, listDirectory, lookAt, makeLookers, type Seen } from './look.ts';
import { findHomes, type Home } from './people.ts';

/** Where a copy may be, and what is there. `wanted`: the user who is to get one. */
export type Place = { path: string; home: Home | null; wanted: User | null; seen: Seen };

/**
 * Looks at ~/.kube/config in all homes and at the configured paths, each once. `remembered`: where copies were before; what
 * is not there any more is reported for these.
 */
export async function findPlaces(
  root: Root,
  config: Config['copies'],
  people: User[],
  remembered: Set<string>,
): Promise<Place[]> {
  const lookers = makeLookers();
  try {
    return await lookAtPlaces(root, config, people, remembered, lookers);
  } finally {
    lookers.end();
  }
}

async function lookAtPlaces(
  root: Root,
  config: Config['copies'],
  people: User[],
  remembered: Set<string>,
  lookers: Lookers,
): Promise<Place[]> {
  const places = new Map<string, Omit<Place, 'seen'>>();
  const list = (directory: string) => listDirectory(directory, lookers);
  for (const home of await findHomes(root, people, process.getuid!() === 0, list)) {
    const wanted = home.sharers.find(({ name }) => config.users.includes(name)) ?? null;
    const path = posix.join(home.path, '.kube/config');
    places.set(path, { path, home, wanted });
  }
  for (const path of config.paths.map((each) => posix.normalize(each)))
    if (!places.has(path)) places.set(path, { path, home: null, wanted: null });
  const all = [...places.values()];
  const lookItem = async ({ path, home, wanted }: Omit<Place, 'seen'>): Promise<LookItem> => {
    const always = wanted !== null || remembered.has(path);
    if (home === null) return { home, copy: root.at(path), always };
    // Nothing below a home is looked at in this process: its file system may not answer.
    const at = await followLinks(root, home.path);
    return { home: root.at(home.path), copy: posix.join(at, '.kube/config'), always };
  };
  const seen = await lookAt(await Promise.all(all.map(lookItem)), lookers);
  return all.map((place, index) => ({ ...place, seen: seen[index]! }));
}

/** The node's own kubeconfigs: a link to one of them is always current. */
export type OwnFile = { path: string; file: string | null };

export function ownFiles(root: Root, source: string): Promise<OwnFile[]> {
  const paths = [source, posix.join(posix.dirname(source), 'super-admin.conf')];
  return Promise.all(
    paths.map(async (path) => {
      const stat = await lstat(root.at(path), { bigint: true }).catch(() => null);
      return { path, file: stat === null ? null : `${stat.dev}:${stat.ino}` };
    }),
  );
}

/** The own file that this link leads to, or that this is a second name of; its text is read, the link is not followed. */
export function linkedTo(root: Root, own: OwnFile[], path: string, facts: Facts, link: string | null): OwnFile | null {
  const target = link === null ? null : root.own(posix.resolve(posix.dirname(path), link));
  return own.find((one) => one.path === target || (facts.isFile && one.file === facts.file)) ?? null;
}

/** Everything on one file system that does not answer is reported once: the first of these places, with its number. */
export function oncePerSilence(places: Place[]): (Place & { more: number })[] {
  const counts = new Map<string, number>();
  const keyOf = ({ seen }: Place) => ('is' in seen ? `${seen.is} ${seen.is === 'silent' ? seen.key : ''}` : null);
  for (const place of places) {
    const key = keyOf(place);
    if (key !== null) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return places.flatMap((place) => {
    const key = keyOf(place);
    const count = key === null ? 1 : counts.get(key);
    if (key !== null) counts.delete(key);
    return count === undefined ? [] : [{ ...place, more: count - 1 }];
  });
}
