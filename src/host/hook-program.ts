import { stat } from 'node:fs/promises';
import { isExecutable } from './commands.ts';
import { followLinks } from './links.ts';
import type { Root } from './root.ts';
import { foreignPart } from './trust.ts';

/** Where a program of the operator's is on this machine, or why root does not run it. */
export type HookProgram = { path: string } | { refused: string };

/**
 * It runs only where root alone can change the program, and every directory and link on its path. `path` is the node's own.
 */
export async function hookProgram(root: Root, path: string): Promise<HookProgram> {
  const own = await ownPath(root, path);
  if ('refused' in own) return own;
  const at = own.path;
  const facts = await stat(at).catch(() => null);
  if (facts === null) return { refused: 'does not exist' };
  if (!facts.isFile()) return { refused: 'is not a file' };
  // The mode says nothing to root where nobody may execute it.
  if ((facts.mode & 0o111) === 0 || !(await isExecutable(at))) return { refused: 'is not executable' };
  return { path: at };
}

/** Path of this machine that a path of the node leads to, where root alone can change every part of it. */
export async function ownPath(root: Root, path: string): Promise<HookProgram> {
  const at = await followLinks(root, path).catch(() => null);
  if (at === null) return { refused: 'leads through too many symbolic links' };
  const foreign = await foreignPart(at);
  if (foreign === null) return { path: at };
  const place = root.own(foreign.path);
  return { refused: place === path ? foreign.why : `${place} ${foreign.why}` };
}
