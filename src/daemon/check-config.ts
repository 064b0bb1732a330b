import { refusal } from '../config/load.ts';
import { loadNodeConfig } from '../config/node-config.ts';
import type { Problem } from '../config/rules.ts';
import type { Config } from '../config/schema.ts';
import { readTextIfThere } from '../host/files.ts';
import { hookProgram } from '../host/hook-program.ts';
import { hooksInDirectory } from '../host/hooks-directory.ts';
import { followLinks } from '../host/links.ts';
import type { Root } from '../host/root.ts';
import { lookUpUsers, users } from '../host/users.ts';

/**
 * As `loadNodeConfig`, for a person who asks whether all is well: what does not keep a daemon from starting, but will fail
 * one day, is an error here. Throws ConfigError.
 */
export async function checkConfig(root: Root, file: string): Promise<void> {
  const config = await loadNodeConfig(root, file);
  const problems = [...(await programs(root, config)), ...(await usersOf(root, config)), ...(await directory(root))];
  if (problems.length === 0) return;
  const path = await followLinks(root, file);
  throw refusal((await readTextIfThere(path)) ?? '', path, problems);
}

async function programs(root: Root, { hooks }: Config): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const [index, { command }] of hooks.entries()) {
    const program = await hookProgram(root, command[0]!);
    if ('refused' in program)
      problems.push({ path: ['hooks', index, 'command'], message: `names a program that ${program.refused}` });
  }
  return problems;
}

async function usersOf(root: Root, { hooks }: Config): Promise<Problem[]> {
  const names = [...new Set(hooks.map(({ user }) => user))].filter((name) => name !== 'root');
  if (names.length === 0) return [];
  const known = new Set((await users(root)).map(({ name }) => name));
  for (const { name } of await lookUpUsers(
    root,
    names.filter((name) => !known.has(name)),
  ))
    known.add(name);
  return hooks.flatMap(({ user }, index) =>
    user === 'root' || known.has(user)
      ? []
      : [{ path: ['hooks', index, 'user'], message: 'names a user that this node does not know' }],
  );
}

async function directory(root: Root): Promise<Problem[]> {
  const { refused } = await hooksInDirectory(root);
  return refused.map(({ path, why }) => ({ path: [], message: `${path} ${why}` }));
}
