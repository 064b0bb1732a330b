import { posix } from 'node:path';
import type { Config } from '../config/schema.ts';
import type { CopyOutcome } from '../domain/model/journal.ts';
import type { Root } from '../host/root.ts';
import { lookUpUsers, memberships, type User } from '../host/users.ts';
import { BACKUP_AGE } from './leftover-files.ts';
import type { Sight } from './look.ts';
import type { Identity, Location } from './messages.ts';
import { findPeople, whyExcluded } from './people.ts';
import { findPlaces, linkedTo, type OwnFile, oncePerSilence, ownFiles, type Place } from './places.ts';

/** One copy to read. `path` is the node's own; `stamp` changes with the file (null: not known). */
export type Target = {
  path: string;
  user: string;
  uid: number;
  identity: Identity | null;
  at: Location;
  create: boolean;
  stamp: string | null;
};

export type FoundTargets = {
  targets: Target[];
  /** What is known without opening anything. */
  outcomes: CopyOutcome[];
  /** An old backup beside a copy that is not updated. */
  tidy: Target[];
  /** Whether nothing at this path may be renewed. A copy that cannot be read now is not gone. */
  isGone(path: string): boolean;
};

/**
 * The copies that there may be: ~/.kube/config in homes, the configured paths, and the users who shall get one. Without
 * being root certagent looks only at what belongs to the user it runs as. `remembered`: paths of copies seen before.
 */
export async function findTargets(
  root: Root,
  config: Config['copies'],
  source: string,
  remembered: string[],
): Promise<FoundTargets> {
  const people = await findPeople(root, config);
  const places = (await findPlaces(root, config, people, new Set(remembered))).filter(({ path }) => path !== source);
  const context = await contextOf(root, config, source, people, places);
  const found = oncePerSilence(places).map((place) => judge(context, place));
  const excluded = new Set(found.filter((one) => one.excluded).map(({ path }) => path));
  const kept = new Set(places.filter(({ seen }) => !isAway(seen)).map(({ path }) => path));
  const outcomes = found.flatMap((one) => one.outcome ?? []);
  const targets = found.flatMap((one) => one.target ?? []);
  return {
    targets,
    outcomes: [...outcomes, ...unknownUsers(context, [...outcomes, ...targets])],
    tidy: found.flatMap((one) => one.tidy ?? []),
    isGone: (path) => excluded.has(path) || !kept.has(path),
  };
}

type Context = {
  root: Root;
  config: Config['copies'];
  people: User[];
  /** All names of a number. */
  byUid: Map<number, User[]>;
  groups: Map<string, number[]>;
  own: OwnFile[];
  me: number;
};

async function contextOf(
  root: Root,
  config: Config['copies'],
  source: string,
  known: User[],
  places: Place[],
): Promise<Context> {
  const uids = new Set(
    places.flatMap(({ seen }) => ('copy' in seen && typeof seen.copy === 'object' ? seen.copy.uid : [])),
  );
  for (const { wanted } of places) if (wanted !== null) uids.add(wanted.uid);
  const knownUids = new Set(known.map(({ uid }) => uid));
  const strangers = [...uids].filter((uid) => !knownUids.has(uid));
  const people = [...known, ...(await lookUpUsers(root, strangers.map(String)))];
  const byUid = Map.groupBy(
    people.filter(({ uid }) => uids.has(uid)),
    ({ uid }) => uid,
  );
  // Someone whose file belongs to somebody else is asked in their own name: these groups are needed too.
  const sharers = places.flatMap(({ seen, home }) =>
    'copy' in seen && seen.copy !== 'absent' ? (home?.sharers ?? []) : [],
  );
  const names = new Set([...byUid.values(), sharers].flat().map(({ name }) => name));
  const [groups, own] = await Promise.all([memberships(root, names), ownFiles(root, source)]);
  return { root, config, people, byUid, groups, own, me: process.getuid!() };
}

/** An unmounted home says nothing about the copy in it. */
const isAway = (seen: Place['seen']) => 'copy' in seen && seen.copy === 'absent' && seen.home !== 'absent';

type Judged = { path: string; outcome?: CopyOutcome; target?: Target; tidy?: Target; excluded?: boolean };

function judge(context: Context, place: Place & { more: number }): Judged {
  const { path, home, wanted, seen, more } = place;
  const says = (user: string, result: CopyOutcome['result'], detail: string): Judged => ({
    path,
    outcome: { path, user, result, detail, certificates: [] },
  });
  if ('is' in seen) {
    const rest = more === 0 ? '' : `; nor do ${more} more places where copies may be`;
    const what = seen.is === 'silent' ? 'its file system does not answer' : 'the process that looks for copies failed';
    return says(home?.sharers[0]?.name ?? '', 'failed', `${what}${rest}`);
  }
  const { copy, link } = seen;
  if (home === null && copy === 'absent') return says('', 'left', 'does not exist');
  if (home === null && copy === 'unknown') return says('', 'failed', 'cannot be read');
  const user = userOf(context, place, seen);
  if (user === null) return home === null ? says('', 'left', 'belongs to another user') : { path };
  const old = seen.backupAt !== null && Date.now() - seen.backupAt > BACKUP_AGE;
  const tidy = old ? { tidy: target(context, place, user, null) } : {};
  const aliases = [...(context.byUid.get(user.uid) ?? []), ...(home?.sharers ?? [])].map(({ name }) => name);
  const why = whyExcluded(context.config, user.name, aliases);
  if (copy === 'absent') {
    if (wanted === null) return { path, ...tidy };
    if (why === null && seen.home === 'absent') return says(user.name, 'failed', 'its user has no home directory');
  }
  if (why !== null) return { ...says(user.name, 'left', why), ...tidy, excluded: true };
  if (typeof copy === 'object') {
    const own = linkedTo(context.root, context.own, path, copy, link);
    if (own !== null) return says(user.name, 'current', `is a link to ${own.path}`);
  }
  // A target whose backup is old is opened again, though the copy did not change.
  return { path, target: target(context, place, user, old || typeof copy !== 'object' ? null : copy.stamp) };
}

/** The user as whom a copy is read, or null. */
function userOf({ byUid, me }: Context, { home, wanted }: Place, { home: directory, copy }: Sight): User | null {
  const facts = typeof copy === 'object' ? copy : null;
  const uid = facts?.uid ?? (typeof directory === 'object' ? directory?.uid : undefined);
  if (me !== 0 && uid !== me) return null;
  const [owner] = facts === null ? [] : (byUid.get(facts.uid) ?? []);
  const sharer = home?.sharers.find((one) => one.uid === facts?.uid) ?? wanted ?? home?.sharers[0];
  if (sharer !== undefined) return sharer;
  if (facts === null) return null;
  // Of an owner without an entry only the number is known: they get no group's rights.
  const stranger = (name: string): User => ({ name, uid: facts.uid, gid: NO_GROUP, home: '/' });
  if (home === null) return owner ?? stranger(`uid ${facts.uid}`);
  // A directory beside homes, which root may use for anything: only its owner's file in it is a copy.
  const isHome = typeof directory === 'object' && directory?.uid === facts.uid && facts.uid !== 0;
  return isHome ? (owner ?? stranger(posix.basename(home.path))) : null;
}

const NO_GROUP = 65_534;

function target({ root, me, groups }: Context, place: Place, user: User, stamp: string | null): Target {
  const { path, home, wanted } = place;
  const { uid, gid } = user;
  const at: Location =
    home === null
      ? { follow: null, steps: steps(posix.dirname(path)), name: posix.basename(path) }
      : root.isMachine
        ? { follow: home.path, steps: ['.kube'], name: 'config' }
        : { follow: null, steps: [...steps(home.path), '.kube'], name: 'config' };
  const identity = me === 0 ? { uid, gid, groups: groups.get(user.name) ?? [] } : null;
  return { path, user: user.name, uid, identity, at, create: wanted !== null, stamp };
}

/** Users that `copies.users` names and the node does not know. */
function unknownUsers({ config, people }: Context, found: { path: string }[]): CopyOutcome[] {
  const names = new Set(people.map(({ name }) => name));
  const paths = new Set(found.map(({ path }) => path));
  const detail = 'neither /etc/passwd nor getent knows this user';
  return config.users
    .map((user) => ({ path: `/home/${user}/.kube/config`, user }))
    .filter(({ path, user }) => !names.has(user) && !paths.has(path))
    .map(({ path, user }) => ({ path, user, result: 'failed', detail, certificates: [] }));
}

const steps = (path: string) => path.split('/').filter((step) => step !== '');
