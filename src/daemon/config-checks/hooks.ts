import type { Problem } from '../../config/rules.ts';
import type { Config } from '../../config/schema.ts';
import { hookProgram } from '../../host/hook-program.ts';
import { hooksInDirectory } from '../../host/hooks-directory.ts';
import type { Root } from '../../host/root.ts';

/** Programs of [[hooks]] that would not run. */
export async function refusedPrograms(root: Root, { hooks }: Config): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const [index, { command }] of hooks.entries()) {
    const program = await hookProgram(root, command[0]!);
    if ('refused' in program)
      problems.push({ path: ['hooks', index, 'command'], message: `names a program that ${program.refused}` });
  }
  return problems;
}

/** Files of /etc/certagent/hooks.d that would not run. */
export async function refusedInDirectory(root: Root): Promise<Problem[]> {
  const { refused } = await hooksInDirectory(root);
  return refused.map(({ path, why }) => ({ path: [], message: `${path} ${why}` }));
}
