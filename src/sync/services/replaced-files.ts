import { mkdir, unlink, writeFile } from 'node:fs/promises';
import { readTextIfThere, writeAtomic } from '../../host/files.ts';
import { followLinks } from '../../host/links.ts';
import { type Root, STATE_DIR } from '../../host/root.ts';

/**
 * What a copy has replaced, and which units wait for their reload. Not beside the copies: a service may load every file of a directory.
 */
export const REPLACED_DIR = `${STATE_DIR}/replaced`;

/** Keeps what was at `path` (the node's own) until it is replaced once more. */
export async function keepReplaced(root: Root, path: string, content: Buffer): Promise<void> {
  await writeAtomic(await placeOf(root, path, 'previous'), content, { mode: 0o600 });
}

/** A reload that was not made, because it failed or certagent was killed before it, is made at the next check. */
export async function oweReload(root: Root, path: string): Promise<void> {
  await writeFile(await placeOf(root, path, 'reload'), '', { mode: 0o600, flush: true });
}

export async function owesReload(root: Root, path: string): Promise<boolean> {
  return (await readTextIfThere(await followLinks(root, nameOf(path, 'reload')))) !== null;
}

export async function reloaded(root: Root, path: string): Promise<void> {
  await unlink(await followLinks(root, nameOf(path, 'reload'))).catch(() => {});
}

async function placeOf(root: Root, path: string, what: string): Promise<string> {
  await mkdir(await followLinks(root, REPLACED_DIR), { recursive: true, mode: 0o700 });
  return followLinks(root, nameOf(path, what));
}

/** "/etc/nginx/k8s.pem" is "etc%2Fnginx%2Fk8s.pem". */
const nameOf = (path: string, what: string): string => `${REPLACED_DIR}/${encodeURIComponent(path.slice(1))}.${what}`;
