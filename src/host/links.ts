import { readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { CertagentError, errorCode } from '../domain/model/errors.ts';
import type { Root } from './root.ts';

const LINK_LIMIT = 40;

/**
 * Path of this machine that a path of the node leads to, with symbolic links followed as the node itself would: under a
 * root prefix an absolute link (`kubelet-client-current.pem` is one) starts at the root again and `..` stops there, so that
 * nothing outside is ever read. On the machine itself the kernel does that and the path stays as it is. A path that does
 * not exist is no error. `from`: a directory of this machine without links in it where the path starts. Throws CertagentError LINK_LOOP.
 */
export async function followLinks(root: Root, path: string, from = root.prefix): Promise<string> {
  if (root.isMachine) return path;
  const waiting = path.split('/').reverse();
  const done = from.slice(root.prefix.length).split('/').filter(Boolean);
  let links = 0;
  while (waiting.length > 0) {
    const name = waiting.pop()!;
    if (name === '' || name === '.') continue;
    if (name === '..') {
      done.pop();
      continue;
    }
    const target = await linkTarget(join(root.prefix, ...done, name));
    if (target === null) {
      done.push(name);
      continue;
    }
    links += 1;
    if (links > LINK_LIMIT) throw new CertagentError('LINK_LOOP', `${path} leads through too many symbolic links`);
    if (target.startsWith('/')) done.length = 0;
    waiting.push(...target.split('/').reverse());
  }
  return join(root.prefix, ...done);
}

async function linkTarget(path: string): Promise<string | null> {
  try {
    return await readlink(path);
  } catch (error) {
    // EINVAL: it is there and no link. Whatever else is wrong shows when it is opened.
    if (['EINVAL', 'ENOENT', 'ENOTDIR', 'EACCES', 'ENAMETOOLONG', 'ELOOP'].includes(errorCode(error))) return null;
    throw error;
  }
}
