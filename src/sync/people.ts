import { posix } from 'node:path';
import type { Config } from '../config/schema.ts';
import { followLinks } from '../host/links.ts';
import type { Root } from '../host/root.ts';
import { lookUpUsers, type User, users } from '../host/users.ts';

/** A home and whose it is. `sharers` is empty when only the directory is known: its owner is seen later. */
export type Home = { path: string; sharers: User[] };

/** Directories whose subdirectories may be homes of users that /etc/passwd does not have. */
const MOST_DIRECTORIES = 20;
/** Below this are the accounts of the system (login.defs(5)), whose homes can be anywhere. */
const FIRST_USER = 1_000;

/** Users of the node: those of the passwd database, and those whom `copies` names and only a directory service knows. */
export async function findPeople(root: Root, config: Config['copies']): Promise<User[]> {
  const people = await users(root);
  const known = new Set(people.map(({ name }) => name));
  const unknown = config.users.filter((name) => !known.has(name));
  return [...people, ...(await lookUpUsers(root, unknown))];
}

/**
 * The homes of these people, each once, as several users can have the same; and the other directories beside them, which
 * may be homes of users of LDAP or SSSD (listing those users asks too much of a directory service).
 */
export async function findHomes(
  root: Root,
  people: User[],
  isRoot: boolean,
  list: (directory: string) => Promise<string[]>,
): Promise<Home[]> {
  const byPath = new Map<string, User[]>();
  for (const user of people) {
    const path = posix.normalize(user.home).replace(/(.)\/+$/, '$1');
    const sharers = byPath.get(path);
    if (sharers === undefined) byPath.set(path, [user]);
    else sharers.push(user);
  }
  const homes = [...byPath].map(([path, sharers]) => ({ path, sharers }));
  if (!isRoot) return homes;
  const parents = new Set(['/home']);
  for (const { path, sharers } of homes)
    if (sharers.some(({ uid }) => uid >= FIRST_USER) && posix.dirname(path) !== '/') parents.add(posix.dirname(path));
  const more: Home[] = [];
  for (const parent of [...parents].slice(0, MOST_DIRECTORIES))
    for (const name of await list(await followLinks(root, parent))) {
      const path = posix.join(parent, name);
      if (!byPath.has(path)) more.push({ path, sharers: [] });
    }
  return [...homes, ...more];
}

/** Why the configuration forbids an update of this user's copy; null when it does not. */
export function whyExcluded({ deny, only }: Config['copies'], user: string, aliases: string[]): string | null {
  const denied = [user, ...aliases].find((name) => deny.includes(name));
  if (denied !== undefined) return `${denied} is named in copies.deny`;
  return only.length > 0 && !only.includes(user) ? `${user} is not named in copies.only` : null;
}
