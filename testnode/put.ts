import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Writes one file of the node image with its directories, and with exactly this mode, whatever the umask. */
export function put(root: string, path: string, content: string, mode: number): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content, { mode });
  chmodSync(file, mode);
}

export function putDirectory(root: string, path: string, mode = 0o755): void {
  const directory = join(root, path);
  mkdirSync(directory, { recursive: true });
  chmodSync(directory, mode);
}

/** Writes as kubeadm and K3s do: the file is truncated in place and keeps its inode and mode; a new one gets `mode`. */
export function overwrite(file: string, content: string, mode: number): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content, { mode, flag: 'w' });
}
