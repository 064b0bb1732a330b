// Where a server keeps its CAs besides its disk, from v1.22.3 on: at its start the datastore wins.
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { overwrite } from '../put.ts';

const DATASTORE = 'run/demo/datastore';

/** `path`: below the data directory, with its extension. */
export function store(root: string, path: string, content: string): void {
  const file = join(root, DATASTORE, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content, { mode: 0o600 });
}

export function isStored(root: string, path: string): boolean {
  return existsSync(join(root, DATASTORE, path));
}

/** Brings a file on disk to what is stored. Throws where K3s exits: a file that differs and is newer. */
export function load(root: string, dataDirectory: string, path: string): void {
  const [stored, disk] = [join(root, DATASTORE, path), join(root, dataDirectory, path)];
  if (!existsSync(stored)) return;
  const content = readFileSync(stored, 'utf8');
  if (existsSync(disk)) {
    if (readFileSync(disk, 'utf8') === content) return;
    if (statSync(disk).mtimeMs > statSync(stored).mtimeMs) {
      throw new Error(
        `${disk} newer than datastore and could cause a cluster outage. Remove the file(s) from disk and restart to be recreated from datastore.`,
      );
    }
  }
  overwrite(disk, content, path.endsWith('.key') ? 0o600 : 0o644);
}
