// What a power loss may take: everything that was not synced. Bytes of files, new names in directories, renames, removals;
// of what a child wrote, all. The worst case is taken: nothing of it had reached the disk.
import fs from 'node:fs';
import { dirname, join } from 'node:path';

const { existsSync, lstatSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } = fs;

/** `keptBy`: the file or directory whose sync makes it last. */
type Pending = { keptBy: string; undo: () => void };
let pending: Pending[] = [];

/** Called before an operation; what it returns is called when the operation was done. */
export function remember(name: string, path: string, to: string): () => void {
  const later = (keptBy: string, undo: () => void) => () => void pending.push({ keptBy, undo });
  switch (name) {
    case 'open':
      return existsSync(path) ? () => {} : later(dirname(path), () => rmSync(path, { force: true }));
    case 'write': {
      const size = existsSync(path) ? lstatSync(path).size : 0;
      return later(path, () => existsSync(path) && truncateSync(path, size));
    }
    case 'rename': {
      const before = existsSync(to) && lstatSync(to).isFile() ? readFileSync(to) : null;
      const mode = before === null ? 0 : lstatSync(to).mode;
      return later(dirname(to), () => {
        if (!existsSync(to)) return;
        renameSync(to, path);
        if (before !== null) writeFileSync(to, before, { mode });
      });
    }
    case 'rm':
    case 'unlink': {
      if (!existsSync(path) || !lstatSync(path).isFile()) return () => {};
      const [before, { mode }] = [readFileSync(path), lstatSync(path)];
      return later(dirname(path), () => existsSync(dirname(path)) && writeFileSync(path, before, { mode }));
    }
    default:
      return () => {};
  }
}

/** Called when a child starts; what it returns is called when the child exits. Children may not sync: kubeadm does not. */
export function rememberChild(root: string): () => void {
  const since = Date.now() - 10;
  return () => {
    for (const directory of ['etc', 'var/lib/rancher'].map((name) => join(root, name)).filter(existsSync))
      for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
        const path = join(entry.parentPath, entry.name);
        if (!entry.isFile() || lstatSync(path).mtimeMs < since) continue;
        pending.push({ keptBy: path, undo: () => existsSync(path) && truncateSync(path, 0) });
      }
  };
}

export function synced(path: string): void {
  pending = pending.filter(({ keptBy }) => keptBy !== path);
}

/** The power is gone: what was not synced never came to be. */
export function lose(): void {
  for (const { undo } of pending.reverse()) undo();
  pending = [];
}
