import { readlinkSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { CertagentError, errorCode } from '../domain/model/errors.ts';

const LINK_LIMIT = 40;

/** A `Root` (root.ts, which uses this file): the prefix is empty for the machine itself. */
type Prefixed = { readonly prefix: string };

/**
 * Path of this machine that a path of the node leads to, with symbolic links followed as the node itself would: under a
 * root prefix an absolute link (`kubelet-client-current.pem` is one) starts at the root again and `..` stops there, so that
 * nothing outside is ever opened. On the machine itself the kernel does that and the path stays as it is. A path that does
 * not exist is not an error. `from`: a directory of this machine without links in it where the path starts. Throws CertagentError LINK_LOOP.
 */
export async function followLinks(root: Prefixed, path: string, from = root.prefix): Promise<string> {
  if (root.prefix === '') return path;
  const walk = newWalk(root.prefix, path, from);
  for (let next = walk.next(); next !== null; next = walk.next()) walk.take(linkTarget(next));
  return walk.reached();
}

/**
 * As `followLinks`, but each part of the way is only looked at when `may` allows it. null: it does not. On the machine itself
 * links are followed, too.
 */
export function followWhile(root: Prefixed, path: string, may: (place: string) => boolean): string | null {
  const walk = newWalk(root.prefix === '' ? '/' : root.prefix, path, root.prefix);
  for (let next = walk.next(); next !== null; next = walk.next()) {
    if (!may(next)) return null;
    walk.take(linkTarget(next));
  }
  return walk.reached();
}

/** As `followLinks`, but the last part of the path is not followed when it is a link. */
export function followDirectories(prefix: string, path: string): string {
  const whole = normalize(join('/', path)).replace(/(?<=.)\/+$/, '');
  const walk = newWalk(prefix, whole, prefix);
  for (let next = walk.next(); next !== null; next = walk.next()) walk.take(walk.isLast() ? null : linkTarget(next));
  return walk.reached();
}

type Walk = {
  /** The path to read next; null at the end. */
  next(): string | null;
  /** What `next` is a link to; null when it is not one. */
  take(target: string | null): void;
  isLast(): boolean;
  reached(): string;
};

function newWalk(prefix: string, path: string, from: string): Walk {
  const waiting = path.split('/').reverse();
  const done = from.slice(prefix.length).split('/').filter(Boolean);
  let name = '';
  let links = 0;
  return {
    next() {
      for (;;) {
        const part = waiting.pop();
        if (part === undefined) return null;
        if (part === '..') done.pop();
        if (part === '' || part === '.' || part === '..') continue;
        name = part;
        return join(prefix, ...done, name);
      }
    },
    take(target) {
      if (target === null) {
        done.push(name);
        return;
      }
      links += 1;
      if (links > LINK_LIMIT) throw new CertagentError('LINK_LOOP', `${path} leads through too many symbolic links`);
      if (target.startsWith('/')) done.length = 0;
      waiting.push(...target.split('/').reverse());
    },
    isLast: () => waiting.length === 0,
    reached: () => join(prefix, ...done),
  };
}

function linkTarget(path: string): string | null {
  try {
    // Not lstat: that asks a file system which is mounted there, and one of the network may never answer.
    return readlinkSync(path);
  } catch (error) {
    // Whatever is wrong shows when it is opened.
    if (['EINVAL', 'ENOENT', 'ENOTDIR', 'EACCES', 'ENAMETOOLONG', 'ELOOP'].includes(errorCode(error))) return null;
    throw error;
  }
}
