import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { errorCode } from '../domain/model/errors.ts';
import { HOOK_LIMIT, type HookEvent, type ObservedHooks, type RefusedHook } from '../domain/model/hook.ts';
import { hookProgram, ownPath } from './hook-program.ts';
import type { Root } from './root.ts';

export const HOOKS_DIR = '/etc/certagent/hooks.d';

/** What is directly in the directory runs after a renewal that succeeded, as the deploy hooks of certbot do. */
const DIRECTORIES: [path: string, on: HookEvent][] = [
  [`${HOOKS_DIR}/before.d`, 'before'],
  [HOOKS_DIR, 'renewed'],
  [`${HOOKS_DIR}/renewed.d`, 'renewed'],
  [`${HOOKS_DIR}/failed.d`, 'failed'],
];

/** What editors and package managers leave behind, hidden files, and explanations: no hooks. */
const NO_HOOK = /^\.|^README|[~#]$|\.(bak|orig|disabled|swp|dpkg-[a-z]+|rpm(save|new|orig)|ucf-[a-z]+)$/;

/**
 * The hooks in /etc/certagent/hooks.d, by event and by name. Where others than root can write to the directory, or to one on its path,
 * none of it runs; a program that others can change does not run.
 */
export async function hooksInDirectory(root: Root): Promise<ObservedHooks> {
  const found: ObservedHooks = { hooks: [], refused: [] };
  for (const [directory, on] of DIRECTORIES) {
    const entries = await entriesOf(root, directory, found.refused);
    // Of a directory that others can write to, its sub-directories are as little root's own.
    if (entries === null && directory === HOOKS_DIR) return { hooks: [], refused: found.refused.slice(-1) };
    for (const name of entries ?? []) {
      const path = `${directory}/${name}`;
      const program = await hookProgram(root, path);
      if ('refused' in program) found.refused.push({ path, why: program.refused });
      else found.hooks.push({ on, command: [path], user: 'root', limit: HOOK_LIMIT, certificates: [] });
    }
  }
  return found;
}

/** Names of what may be hooks; null: the directory is refused. One that does not exist is empty. */
async function entriesOf(root: Root, directory: string, refused: RefusedHook[]): Promise<string[] | null> {
  const own = await ownPath(root, directory);
  if ('refused' in own) {
    refused.push({ path: directory, why: `${own.refused}: nothing in it is run` });
    return null;
  }
  try {
    const entries = (await readdir(own.path, { withFileTypes: true })).filter(({ name }) => !NO_HOOK.test(name));
    return entries
      .filter((entry) => !isKnownDirectory(entry, directory))
      .map(({ name }) => name)
      .sort();
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') refused.push({ path: directory, why: `cannot be read (${errorCode(error)})` });
    return [];
  }
}

function isKnownDirectory(entry: Dirent, directory: string): boolean {
  return DIRECTORIES.some(([path]) => path === `${directory}/${entry.name}`);
}
