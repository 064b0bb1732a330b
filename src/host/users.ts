import { readTextIfThere } from './files.ts';
import type { Root } from './root.ts';

export type User = { name: string; uid: number; gid: number; home: string };

/** The passwd database of the node, in its order. Lines that are no entries are passed over. */
export async function users(root: Root): Promise<User[]> {
  const text = (await readTextIfThere(root.at('/etc/passwd'))) ?? '';
  return text.split('\n').flatMap((line) => {
    const [name, , uid, gid, , home] = line.split(':');
    const numeric = /^\d+$/.test(uid ?? '') && /^\d+$/.test(gid ?? '');
    return name && numeric && home?.startsWith('/') ? [{ name, uid: Number(uid), gid: Number(gid), home }] : [];
  });
}

/** Number of a group of the node; null when it does not exist. */
export async function groupId(root: Root, group: string): Promise<number | null> {
  const text = (await readTextIfThere(root.at('/etc/group'))) ?? '';
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${group}:`));
  const gid = line?.split(':')[2];
  return gid !== undefined && /^\d+$/.test(gid) ? Number(gid) : null;
}
