import { readTextIfThere } from './files.ts';
import type { Root } from './root.ts';

export type User = { name: string; uid: number; gid: number; home: string };

/**
 * The passwd database of the node, in its order. Lines that are no entries are passed over, and so are numbers that no
 * process can have (uid_t is 32 bits wide and its greatest value means "none") and homes that no path can name.
 */
export async function users(root: Root): Promise<User[]> {
  const text = (await readTextIfThere(root.at('/etc/passwd'))) ?? '';
  return text.split('\n').flatMap((line) => {
    const [name, , uid, gid, , home] = line.split(':');
    const [user, group] = [idOf(uid), idOf(gid)];
    return name && user !== null && group !== null && home?.startsWith('/') && !home.includes('\0')
      ? [{ name, uid: user, gid: group, home }]
      : [];
  });
}

/** Number of a group of the node; null when it does not exist. */
export async function groupId(root: Root, group: string): Promise<number | null> {
  const text = (await readTextIfThere(root.at('/etc/group'))) ?? '';
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${group}:`));
  return idOf(line?.split(':')[2]);
}

const NO_ID = 2 ** 32 - 1;

function idOf(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,10}$/.test(text) && Number(text) < NO_ID ? Number(text) : null;
}
