import { stat } from 'node:fs/promises';
import { namedFiles } from '../../config/node-config.ts';
import type { Problem } from '../../config/rules.ts';
import type { Config } from '../../config/schema.ts';
import { SHAPES } from '../../config/sinks/webhook-shapes.ts';
import { followLinks } from '../../host/links.ts';
import type { Root } from '../../host/root.ts';

/** Secrets that every user of the node can read. `file`: the configuration, a path of this machine. */
export async function exposedSecrets(root: Root, config: Config, file: string): Promise<Problem[]> {
  const problems: Problem[] = [];
  if (await isOpen(file))
    for (const path of secretAddresses(config))
      problems.push({ path, message: `is a secret, and every user can read it: chmod o-r ${file}` });
  for (const { key, path, isSecret } of namedFiles(config))
    if (isSecret && (await isOpen(await followLinks(root, path))))
      problems.push({ path: key, message: `names a secret that every user can read: chmod o-r ${path}` });
  return problems;
}

function secretAddresses({ alerts }: Config): Problem['path'][] {
  return [
    ...alerts.webhook.flatMap(({ url, shape }, index) =>
      url !== undefined && (SHAPES[shape].isSecretAddress === true || hasSecret(url))
        ? [['alerts', 'webhook', index, 'url']]
        : [],
    ),
    ...alerts.heartbeat.flatMap(({ url }, index) => (url === undefined ? [] : [['alerts', 'heartbeat', index, 'url']])),
  ];
}

function hasSecret(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { username, password, search } = new URL(url);
  return username !== '' || password !== '' || search !== '';
}

async function isOpen(path: string): Promise<boolean> {
  return stat(path).then(
    (facts) => facts.isFile() && (facts.mode & 0o004) !== 0,
    () => false,
  );
}
