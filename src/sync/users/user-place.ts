import { posix } from 'node:path';
import type { Root } from '../../host/root.ts';
import { lookUpUsers, memberships, type User, users } from '../../host/users.ts';
import { lookAt, makeLookers } from '../look.ts';
import type { Identity, Location } from '../messages.ts';

/** Where a user's kubeconfig is, and as whom it is read and written. */
export type UserPlace = {
  path: string;
  account: User;
  /** Every name of the account's number. */
  names: string[];
  identity: Identity | null;
  at: Location;
  /** Of the account, where the file is below it. */
  home: string | null;
};

const ROOT: User = { name: 'root', uid: 0, gid: 0, home: '/root' };

/**
 * The account in whose home the file is, as the passwd database says it, else root: never the present owner of the file, which a user can choose.
 * `user`: a name that a directory service may know.
 */
export async function userPlace(root: Root, path: string, user: string): Promise<UserPlace> {
  const local = await users(root);
  const known = local.some(({ name }) => name === user) ? local : [...local, ...(await lookUpUsers(root, [user]))];
  const homes = known
    .map((account) => ({ account, home: posix.normalize(account.home).replace(/\/+$/, '') }))
    .filter(({ home }) => home !== '' && path.startsWith(`${home}/`))
    .sort((a, b) => b.home.length - a.home.length);
  // Several accounts can have one home: the one that is called like the user, if there is one.
  const nearest = homes.filter(({ home }) => home === homes[0]?.home);
  const own = nearest.find(({ account }) => account.name === user) ?? nearest[0];
  const account = own?.account ?? ROOT;
  const home = own?.home ?? null;
  const { uid, gid, name } = account;
  const groups = (await memberships(root, new Set([name]))).get(name) ?? [];
  return {
    path,
    account,
    names: [...new Set([name, ...known.filter((other) => other.uid === uid).map((other) => other.name)])],
    identity: process.getuid!() === 0 ? { uid, gid, groups } : null,
    at: location(root, path, home),
    home,
  };
}

function location(root: Root, path: string, home: string | null): Location {
  const name = posix.basename(path);
  const directory = posix.dirname(path);
  if (home === null || !root.isMachine) return { follow: null, steps: steps(directory), name };
  return { follow: home, steps: steps(directory.slice(home.length)), name };
}

/** Whether the home is there, and its account's: a file that is missing in a home that is not mounted is not removed. */
export async function hasHome(root: Root, { home, account }: UserPlace): Promise<boolean> {
  if (home === null) return true;
  const lookers = makeLookers();
  try {
    const [seen] = await lookAt([{ home: null, copy: root.at(home), always: true }], lookers);
    const facts = seen !== undefined && 'copy' in seen ? seen.copy : null;
    const uid = process.getuid!() === 0 ? account.uid : process.getuid!();
    return facts !== null && typeof facts === 'object' && facts.uid === uid;
  } finally {
    lookers.end();
  }
}

/** The directory that is missing, so that no file can be made there; null: none, or nobody may know. The file's own directory is made. */
export async function missingDirectory(root: Root, path: string, own: 'made' | 'needed'): Promise<string | null> {
  const directory = posix.dirname(path);
  const needed = own === 'made' ? posix.dirname(directory) : directory;
  const lookers = makeLookers();
  try {
    const [seen] = await lookAt([{ home: null, copy: root.at(needed), always: true }], lookers);
    return seen !== undefined && 'copy' in seen && seen.copy === 'absent' ? needed : null;
  } finally {
    lookers.end();
  }
}

const steps = (path: string): string[] => path.split('/').filter((step) => step !== '');
