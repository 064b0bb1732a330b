import { findCommand } from './commands.ts';
import { followLinks } from './links.ts';
import type { Root } from './root.ts';
import { type Foreign, foreignPart } from './trust.ts';

/**
 * Where on this machine a program is that the configuration names, by its path or as a command. `foreign`: what of it others can change, so that
 * root does not start it. null: this node has none.
 */
export async function operatorsProgram(
  root: Root,
  program: string,
): Promise<{ path: string; foreign: Foreign | null } | null> {
  const path = program.startsWith('/') ? await followLinks(root, program) : await findCommand(root, program);
  return path === null ? null : { path, foreign: await foreignPart(path) };
}
