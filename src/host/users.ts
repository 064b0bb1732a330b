import { errorCode } from '../domain/model/errors.ts';
import { findCommand, run } from './commands.ts';
import { readSmall } from './files.ts';
import { followLinks } from './links.ts';
import { PROGRAMS } from './programs.ts';
import type { Root } from './root.ts';

export type User = { name: string; uid: number; gid: number; home: string };

/** 100,000 users are about 8 MiB. */
const LARGEST = 64 * 1024 * 1024;

/**
 * The passwd database of the node, in its order. Lines that are no entries are passed over, and so are numbers that no
 * process can have (uid_t is 32 bits wide and its greatest value means "none") and homes that no path can name.
 */
export async function users(root: Root): Promise<User[]> {
  const found: User[] = [];
  await eachLine(root, '/etc/passwd', (line) => found.push(...userIn(line)));
  return found;
}

/** Users that /etc/passwd does not have, by name or number, as the node's own `getent` knows them; none without it. */
export async function lookUpUsers(root: Root, keys: string[]): Promise<User[]> {
  const plain = keys.filter((key) => /^[^-:\s\0][^:\s\0]*$/.test(key)).slice(0, 1_000);
  if (plain.length === 0 || (await findCommand(root, 'getent')) === null) return [];
  // Exit code 2 means that one of the keys was not found; the others are still printed (getent(1)).
  const { stdout } = await run(root, 'getent', ['passwd', ...plain], { limit: PROGRAMS.users.limit }).catch(() => ({
    stdout: '',
  }));
  return stdout.split('\n').flatMap(userIn);
}

/** Of /etc/passwd, else of wherever the node looks; null: the node does not know this user. */
export async function userNamed(root: Root, name: string): Promise<User | null> {
  const local = (await users(root)).find((user) => user.name === name);
  return local ?? (await lookUpUsers(root, [name]))[0] ?? null;
}

/** Number of a group of the node; null when it does not exist. */
export async function groupId(root: Root, group: string): Promise<number | null> {
  let id: number | null = null;
  await eachLine(root, '/etc/group', (line) => {
    if (id === null && line.startsWith(`${group}:`)) id = idOf(line.split(':')[2]);
  });
  return id;
}

/** Numbers of the groups that name a user as a member, for each of the users that /etc/group names among `names`. */
export async function memberships(root: Root, names: Set<string>): Promise<Map<string, number[]>> {
  const groups = new Map<string, number[]>();
  await eachLine(root, '/etc/group', (line) => {
    const [, , gid, members = ''] = line.split(':');
    const id = idOf(gid);
    if (id === null) return;
    for (const name of members.split(','))
      if (names.has(name)) groups.set(name, [...new Set([...(groups.get(name) ?? []), id])]);
  });
  return groups;
}

function userIn(line: string): User[] {
  const [name, , uid, gid, , home] = line.split(':');
  const [user, group] = [idOf(uid), idOf(gid)];
  return name && user !== null && group !== null && home?.startsWith('/') && !home.includes('\0')
    ? [{ name, uid: user, gid: group, home }]
    : [];
}

const NO_ID = 2 ** 32 - 1;

function idOf(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,10}$/.test(text) && Number(text) < NO_ID ? Number(text) : null;
}

/** A file that is not there has no lines; one that is not a regular file throws, as `readSmall` does. */
async function eachLine(root: Root, path: string, take: (line: string) => void): Promise<void> {
  const text = await readSmall(await followLinks(root, path), LARGEST).then(
    ({ bytes }) => bytes.toString('utf8'),
    (error) => {
      if (['ENOENT', 'ENOTDIR'].includes(errorCode(error))) return '';
      throw error;
    },
  );
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf('\n', start);
    take(text.slice(start, end === -1 ? text.length : end));
    start = end === -1 ? text.length : end + 1;
  }
}
