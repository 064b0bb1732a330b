import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { CertagentError } from '../domain/model/errors.ts';
import { CONFIG_FILE, type Root, RUN_DIR, STATE_DIR } from './root.ts';

/** What somebody other than root and the user who runs certagent owns or may write. */
export type Foreign = { path: string; why: string };

const LINK_LIMIT = 40;
const OTHERS_WRITE = 0o022;
const GROUP_WRITES = 0o020;
const STICKY = 0o1000;

/**
 * The first part of `path` (a path of this machine) that others than root and we may change: the file itself, a directory
 * or a link on the way to it. null when there is none. An access control list that lets somebody write shows in the group's
 * bits. What does not exist, or cannot be read, is not foreign.
 */
export async function foreignPart(path: string): Promise<Foreign | null> {
  return firstOf(path, foreign);
}

/**
 * As `foreignPart`, for a program that is to run. What the group root may write is root's, and so is what Debian gives to its
 * group staff, whose members can become root by design (/usr/local, where this file is).
 */
export async function foreignProgram(path: string): Promise<Foreign | null> {
  const groups = [0, ...(factsOf('/etc/staff-group-for-usr-local') === null ? [] : [STAFF])];
  return firstOf(path, (part) => foreign(part, groups));
}

/** Debian's static number of that group. */
const STAFF = 50;

function firstOf(path: string, foreign: (part: string) => Foreign | null): Foreign | null {
  const waiting = path.split('/').reverse();
  let at = '/';
  let links = 0;
  const first = foreign('/');
  if (first !== null) return first;
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (name === '' || name === '.') continue;
    if (name === '..') {
      at = dirname(at);
      continue;
    }
    const next = join(at, name);
    const found = foreign(next);
    if (found !== null) return found;
    const target = linkTarget(next);
    if (target === null) {
      at = next;
      continue;
    }
    links += 1;
    if (links > LINK_LIMIT) return { path: next, why: 'leads through too many symbolic links' };
    if (target.startsWith('/')) at = '/';
    waiting.push(...target.split('/').reverse());
  }
  return null;
}

function foreign(path: string, trusted: number[] = []): Foreign | null {
  const facts = factsOf(path);
  if (facts === null) return null;
  const others = trusted.includes(facts.gid) ? OTHERS_WRITE & ~GROUP_WRITES : OTHERS_WRITE;
  if (!isOurs(facts.uid)) return { path, why: `belongs to the user with the number ${facts.uid}` };
  if (!othersMayWrite(facts, others)) return null;
  return { path, why: `can be written by others (mode ${(facts.mode & 0o7777).toString(8).padStart(4, '0')})` };
}

/** `bits`: the permissions that count. In a sticky directory of root's such as /tmp nobody can replace another user's file. */
export function othersMayWrite(facts: Stats, bits = OTHERS_WRITE): boolean {
  if (facts.isSymbolicLink() || (facts.mode & bits) === 0) return false;
  return !(facts.isDirectory() && (facts.mode & STICKY) !== 0 && facts.uid === 0);
}

function factsOf(path: string): Stats | null {
  try {
    return lstatSync(path);
  } catch {
    return null;
  }
}

function linkTarget(path: string): string | null {
  try {
    return factsOf(path)?.isSymbolicLink() === true ? readlinkSync(path) : null;
  } catch {
    return null;
  }
}

const isOurs = (uid: number): boolean => uid === 0 || uid === process.geteuid?.();

/** Who else could have prepared the node image; null when nobody, and for the machine itself. */
export async function foreignRoot(root: Root): Promise<Foreign | null> {
  return root.isMachine ? null : foreignPart(root.prefix);
}

/**
 * For everything that writes or acts. Throws CertagentError ROOT_FOREIGN where somebody else may write to the root prefix,
 * or to one of certagent's own directories in it.
 */
export async function requireOwnRoot(root: Root): Promise<void> {
  if (root.isMachine) return;
  for (const path of ['/', STATE_DIR, RUN_DIR, dirname(CONFIG_FILE)]) {
    const found = await foreignPart(root.at(path));
    if (found !== null) throw rootForeign(root, found);
  }
}

export function rootForeign(root: Root, { path, why }: Foreign): CertagentError {
  return new CertagentError('ROOT_FOREIGN', `${path} ${why}: nothing below ${root.prefix} is run or written`, {
    remedy:
      path === '/'
        ? 'Correct the owner and the mode of /.'
        : `Run this as that user, or take it over once you know what is in it: chown root: ${path}; chmod go-w ${path}`,
  });
}
