import { closeSync, constants, openSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { type Root, RUN_DIR } from '../host/root.ts';

export type SocketName = 'status' | 'control';

/** Path of this machine of a socket. status: reading, for a group; control: everything, for root. */
export function socketPath(root: Root, name: SocketName): string {
  return root.at(`${RUN_DIR}/${name}.sock`);
}

/** sockaddr_un holds 108 bytes with the closing zero (unix(7)). */
const LONGEST = 107;

/**
 * A path short enough for a socket address: the path itself, or, under a deep root, one through a descriptor of its
 * directory, which must stay open as long as the address is used. Throws the operating system's error (ENOENT …).
 */
export function socketAddress(path: string): { address: string; release(): void } {
  if (Buffer.byteLength(path) <= LONGEST) return { address: path, release: () => {} };
  const directory = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
  return { address: `/proc/self/fd/${directory}/${basename(path)}`, release: () => closeSync(directory) };
}
