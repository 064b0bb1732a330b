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
import { observe } from '../observe/observe.ts';
import { syncServiceCopies } from '../sync/services/service-copies.ts';

/**
 * As `loadNodeConfig`, for a person who asks whether all is well: what does not keep a daemon from starting, but will fail
 * one day, is an error here. Changes nothing. Throws ConfigError.
 */
export async function checkConfig(root: Root, file: string): Promise<void> {
  const config = await loadNodeConfig(root, file);
  const problems = [
    ...(await programs(root, config)),
    ...(await usersOfHooks(root, config)),
    ...(await directory(root)),
    ...(await onNode(root, config)),
  ];
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

async function usersOfHooks(root: Root, { hooks }: Config): Promise<Problem[]> {
  const names = [...new Set(hooks.map(({ user }) => user))].filter((name) => name !== 'root');
  if (names.length === 0) return [];
  const local = new Set((await users(root)).map(({ name }) => name));
  const others = names.filter((name) => !local.has(name));
  const known = new Set([...local, ...(await lookUpUsers(root, others)).map(({ name }) => name)]);
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

/** What only the node knows: the names of its certificates, and whether a copy could be made now. */
async function onNode(root: Root, config: Config): Promise<Problem[]> {
  const { hooks, copies } = config;
  if (copies.certificates.length === 0 && hooks.every(({ certificates }) => certificates.length === 0)) return [];
  const inventory = await observe({ root, config, now: Date.now() });
  if (inventory.node.distribution === null) return [];
  const ids = new Set(inventory.certificates.map(({ id }) => id));
  const unknown = hooks.flatMap(({ certificates }, index) =>
    certificates.flatMap((id, at) =>
      ids.has(id)
        ? []
        : [
            {
              path: ['hooks', index, 'certificates', at],
              message: 'is not a certificate of this node: use a name that certagent status shows',
            },
          ],
    ),
  );
  const outcomes = await syncServiceCopies(copies.certificates, { root, inventory, dryRun: true });
  const failing = outcomes.flatMap(({ result, detail }, index) =>
    result === 'refused' || result === 'failed'
      ? [{ path: ['copies', 'certificates', index, 'to'], message: `cannot be a copy: ${detail}` }]
      : [],
  );
  return [...unknown, ...failing];
}
