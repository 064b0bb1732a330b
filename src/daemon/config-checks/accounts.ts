import type { Problem } from '../../config/rules.ts';
import { type Config, schema } from '../../config/schema.ts';
import type { Root } from '../../host/root.ts';
import { groupId, lookUpUsers, users } from '../../host/users.ts';

type Named = { path: Problem['path']; name: string };

/** Users and groups that this node does not know. */
export async function unknownAccounts(root: Root, config: Config): Promise<Problem[]> {
  return [...(await unknownUsers(root, config)), ...(await unknownGroups(root, config))];
}

async function unknownUsers(root: Root, config: Config): Promise<Problem[]> {
  const named = namedUsers(config).filter(({ name }) => name !== 'root');
  if (named.length === 0) return [];
  const local = new Set((await users(root)).map(({ name }) => name));
  const others = [...new Set(named.map(({ name }) => name))].filter((name) => !local.has(name));
  const known = new Set([...local, ...(await lookUpUsers(root, others)).map(({ name }) => name)]);
  return named.flatMap(({ path, name }) =>
    known.has(name) ? [] : [{ path, message: 'names a user that this node does not know' }],
  );
}

function namedUsers({ hooks, copies, alerts, users: { certificates } }: Config): Named[] {
  // copies.deny also takes the name that a user has to Kubernetes.
  const isOfCluster = (key: string, name: string) => key === 'deny' && certificates.some(({ user }) => user === name);
  const lists = (['users', 'only', 'deny'] as const).flatMap((key) =>
    copies[key].flatMap((name, index) => (isOfCluster(key, name) ? [] : [{ path: ['copies', key, index], name }])),
  );
  return [
    ...hooks.map(({ user }, index) => ({ path: ['hooks', index, 'user'], name: user })),
    ...alerts.command
      .map(({ user }, index) => ({ path: ['alerts', 'command', index, 'user'], name: user }))
      .filter(({ name }) => name !== 'nobody'),
    ...lists,
  ];
}

/** A missing default is the package's affair: its installation makes that group. */
async function unknownGroups(root: Root, { control }: Config): Promise<Problem[]> {
  const fallback = schema.parse({}).control.group;
  if (control.group === fallback || (await groupId(root, control.group)) !== null) return [];
  return [
    {
      path: ['control', 'group'],
      message: 'names a group that /etc/group does not have: only root can use the status socket',
    },
  ];
}
