import type { Hook, ObservedHooks } from '../domain/model/hook.ts';
import { hookProgram } from '../host/hook-program.ts';
import { hooksInDirectory } from '../host/hooks-directory.ts';
import type { Root } from '../host/root.ts';

/**
 * The hooks of the configuration, then those of the directory. A configured one that would be refused stays: its step fails,
 * so that a renewal does not run without what has to come before it.
 */
export async function observeHooks(root: Root, configured: Hook[]): Promise<ObservedHooks> {
  const { hooks, refused } = await hooksInDirectory(root);
  const programs = new Set(configured.map(({ command }) => command[0] ?? ''));
  for (const path of programs) {
    const program = await hookProgram(root, path);
    if ('refused' in program) refused.push({ path, why: program.refused });
  }
  return { hooks: [...configured, ...hooks], refused };
}
