import { readlink } from 'node:fs/promises';
import { posix } from 'node:path';
import type { Config } from '../config/schema.ts';
import type { CopyOutcome } from '../domain/model/journal.ts';
import { readTextIfThere } from '../host/files.ts';
import type { Root } from '../host/root.ts';
import { type User, users } from '../host/users.ts';
import { type Facts, look } from './inspect.ts';
import type { Identity, Location } from './messages.ts';

/** One copy to look at. `path` is the node's own; `stamp` changes with the file (null: not known). */
export type Target = {
  path: string;
  user: string;
  identity: Identity | null;
  at: Location;
  create: boolean;
  stamp: string | null;
};

/**
 * The copies there may be: ~/.kube/config in the homes of the passwd database, the configured paths, and the users who
 * shall get one. What can be told without opening anything is told as an outcome. Without being root certagent looks only
 * at what belongs to the user it runs as.
 */
export async function findTargets(
  root: Root,
  config: Config['copies'],
  source: string,
): Promise<{ targets: Target[]; outcomes: CopyOutcome[] }> {
  const people = await users(root);
  const groups = (await readTextIfThere(root.at('/etc/group'))) ?? '';
  const context: Context = { root, source, config, people, groups, me: process.getuid!() };
  const found = [
    ...(await Promise.all(homes(people).map((home) => inHome(context, home)))),
    ...(await Promise.all(config.paths.map((path) => atPath(context, posix.normalize(path))))),
    ...config.users
      .filter((name) => !people.some((user) => user.name === name))
      .map((name) => outcome('/etc/passwd', name, 'failed', 'is no user of this node')),
  ];
  const unique = new Map<string, Target | CopyOutcome>();
  for (const one of found)
    if (one !== null && one.path !== source && !unique.has(keyOf(one))) unique.set(keyOf(one), one);
  const all = [...unique.values()];
  return {
    targets: all.filter((one): one is Target => 'at' in one),
    outcomes: all.filter((one): one is CopyOutcome => 'result' in one),
  };
}

type Context = { root: Root; source: string; config: Config['copies']; people: User[]; groups: string; me: number };
type Home = { path: string; sharers: User[] };

const keyOf = (one: Target | CopyOutcome) => (one.path === '/etc/passwd' ? `user ${one.user}` : one.path);

/** Several users can have the same home; it is looked at once. */
function homes(people: User[]): Home[] {
  const byPath = new Map<string, User[]>();
  for (const user of people) {
    const path = posix.normalize(user.home).replace(/(.)\/+$/, '$1');
    byPath.set(path, [...(byPath.get(path) ?? []), user]);
  }
  return [...byPath].map(([path, sharers]) => ({ path, sharers }));
}

async function inHome(context: Context, home: Home): Promise<Target | CopyOutcome | null> {
  const { root, config, me } = context;
  const path = posix.join(home.path, '.kube/config');
  const wanted = home.sharers.find(({ name }) => config.users.includes(name));
  const directory = await look(root.at(home.path));
  const seen = await lookAtCopy(root.at(home.path));
  if (seen === 'silent') return outcome(path, home.sharers[0]!.name, 'failed', 'its home does not answer');
  if (seen === 'absent') {
    if (wanted === undefined) return null;
    if (directory === 'absent') return outcome(path, wanted.name, 'failed', 'its user has no home directory');
  }
  const uid = typeof seen === 'object' ? seen.uid : null;
  if (me !== 0 && (uid ?? (typeof directory === 'object' ? directory.uid : null)) !== me) return null;
  const user = home.sharers.find((one) => one.uid === uid) ?? wanted ?? home.sharers[0]!;
  if (await isLinkToSource(context, path, seen)) return linked(context, path, user.name);
  const at = root.isMachine
    ? { follow: home.path, steps: ['.kube'], name: 'config' }
    : { follow: null, steps: [...steps(home.path), '.kube'], name: 'config' };
  const create = wanted !== undefined;
  return { path, user: user.name, identity: identityOf(context, user), at, create, stamp: stampOf(seen) };
}

async function atPath(context: Context, path: string): Promise<Target | CopyOutcome> {
  const seen = await look(context.root.at(path));
  if (seen === 'absent') return outcome(path, '', 'left', 'is not there');
  if (typeof seen === 'string') return outcome(path, '', 'failed', 'cannot be looked at');
  const known = context.people.find(({ uid }) => uid === seen.uid);
  // Of an owner without an entry only the number is known: they get no group's rights.
  const user = known ?? { name: `uid ${seen.uid}`, uid: seen.uid, gid: NO_GROUP, home: '/' };
  if (context.me !== 0 && seen.uid !== context.me) return outcome(path, user.name, 'left', 'belongs to another user');
  if (await isLinkToSource(context, path, seen)) return linked(context, path, user.name);
  const at = { follow: null, steps: steps(posix.dirname(path)), name: posix.basename(path) };
  return { path, user: user.name, identity: identityOf(context, user), at, create: false, stamp: stampOf(seen) };
}

const NO_GROUP = 65_534;

/** ~/.kube/config without following what a user could have put at ~/.kube. */
async function lookAtCopy(home: string): Promise<Facts | 'absent' | 'unknown' | 'silent'> {
  const directory = await look(`${home}/.kube`);
  if (typeof directory !== 'object') return directory;
  return directory.isDirectory ? await look(`${home}/.kube/config`) : 'unknown';
}

/** A link to the node's own kubeconfig is always current; its text is read, the link is not followed. */
async function isLinkToSource({ root, source }: Context, path: string, seen: Facts | string): Promise<boolean> {
  if (typeof seen === 'string' || !seen.isLink) return false;
  const target = await readlink(root.at(path)).catch(() => '');
  return root.own(target) === source;
}

const linked = ({ source }: Context, path: string, user: string) =>
  outcome(path, user, 'current', `is a link to ${source}`);

function identityOf({ me, groups }: Context, user: User): Identity | null {
  if (me !== 0) return null;
  return { uid: user.uid, gid: user.gid, groups: groupsOf(groups, user.name) };
}

/** Numbers of the groups that name the user as a member, as /etc/group has them. */
function groupsOf(text: string, name: string): number[] {
  return text.split('\n').flatMap((line) => {
    const [, , gid, members] = line.split(':');
    return /^\d+$/.test(gid ?? '') && members?.split(',').includes(name) ? [Number(gid)] : [];
  });
}

const steps = (path: string) => path.split('/').filter((step) => step !== '');
const stampOf = (seen: unknown) => (typeof seen === 'object' ? (seen as Facts).stamp : null);

function outcome(path: string, user: string, result: CopyOutcome['result'], detail: string): CopyOutcome {
  return { path, user, result, detail, certificates: [] };
}
