import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Every file below the node's root, as a path of the node; except for the stand-ins' own state. */
export async function filesOf(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length))
    .filter((path) => !/^\/(run\/demo|proc|var\/log\/pods|var\/lib\/kubelet\/pods)\//.test(path))
    .sort();
}

/**
 * What a cycle must not change, by path: all but the lock's pid, the times of alerts and of the clock, the spool, and the servers of the
 * cluster, which are asked for beside the cycles.
 */
export async function contentsOf(root: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const path of await filesOf(root)) {
    if (/\/certagent\/(lock$|(alerts|clock|cluster)\.json$|spool\/)/.test(path)) continue;
    const { mode, mtimeMs } = await stat(join(root, path));
    found.set(path, `${mode} ${mtimeMs} ${await readFile(join(root, path), 'base64')}`);
  }
  return found;
}
