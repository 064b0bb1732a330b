import { realpath } from 'node:fs/promises';
import { CertagentError } from '../domain/model/errors.ts';
import { readTextIfThere } from '../host/files.ts';
import { followLinks } from '../host/links.ts';
import type { Root } from '../host/root.ts';
import { foreignPart, foreignRoot, requireOwnRoot } from '../host/trust.ts';
import { parseConfig, refusal, setsMode } from './load.ts';
import type { Problem } from './rules.ts';
import type { Config } from './schema.ts';
import { namedSinks, SINKS } from './sinks/index.ts';
import type { KeyPath } from './toml.ts';

/**
 * The configuration of a node (`file` is the node's own path), used only where nobody but root and the user who runs
 * certagent could have written it or a file that it names: it decides where root sends what. A missing file counts as an
 * empty one. Throws CertagentError CONFIG_UNTRUSTED, or what `loadConfig` throws.
 */
export async function loadNodeConfig(root: Root, file: string): Promise<Config> {
  return (await readNodeConfig(root, file)).config;
}

/** As `loadNodeConfig`, with whether the file sets `mode` or leaves it to the default. */
export async function readNodeConfig(root: Root, file: string): Promise<{ config: Config; setsMode: boolean }> {
  const path = await followLinks(root, file);
  // An image of somebody else is only read: nothing of it is run, written or sent (`requireOwnRoot`).
  const isOurs = (await foreignRoot(root)) === null;
  if (isOurs) await requireTrusted(path);
  const text = (await readTextIfThere(path)) ?? '';
  const config = await parseConfig(text, path);
  const problems = isOurs ? await fileProblems(root, config) : [];
  if (problems.length > 0) throw refusal(text, path, problems, config);
  return { config, setsMode: setsMode(text) };
}

/** Path of this machine of a node's configuration that is to be written. Throws CertagentError ROOT_FOREIGN. */
export async function writableConfig(root: Root, file: string): Promise<string> {
  await requireOwnRoot(root);
  return followLinks(root, file);
}

async function requireTrusted(path: string): Promise<void> {
  const foreign = await foreignPart(path);
  if (foreign === null) return;
  const where = foreign.path === path ? '' : ` is not used: ${foreign.path}`;
  throw new CertagentError('CONFIG_UNTRUSTED', `the configuration ${path}${where} ${foreign.why}`, {
    remedy: `Check its content, then: chown root: ${foreign.path}; chmod go-w ${foreign.path}`,
  });
}

export type NamedFile = { key: KeyPath; path: string; isSecret: boolean };

/** Files that the configuration names by their path: `key` is where, `isSecret` whether the content may be sent to nobody else. */
export function namedFiles({ alerts, renew, cluster, hooks }: Config): NamedFile[] {
  const ofSinks = namedSinks(alerts).flatMap(({ kind, index, settings }) =>
    SINKS[kind].files.flatMap(({ key, isSecret }): NamedFile[] => {
      const path = (settings as Record<string, unknown>)[key];
      return typeof path === 'string' && path.startsWith('/')
        ? [{ key: ['alerts', kind, index, key], path, isSecret }]
        : [];
    }),
  );
  const own: [KeyPath, string | undefined][] = [
    [['renew', 'kubeadm_config'], renew.kubeadm_config],
    [['cluster', 'kubeconfig'], cluster.kubeconfig],
  ];
  const named = own.flatMap(([key, path]) => (path === undefined ? [] : [{ key, path, isSecret: false }]));
  return [
    ...named,
    ...hooks.map(({ command }, index) => ({ key: ['hooks', index, 'command'], path: command[0]!, isSecret: false })),
    ...ofSinks,
  ];
}

/** Where the cluster keeps its keys and tokens. Elsewhere, such a file is recognised by its content when it is read. */
const OF_THE_CLUSTER = ['/etc/kubernetes', '/var/lib/kubelet', '/etc/rancher', '/var/lib/rancher', '/var/lib/k0s'];

async function fileProblems(root: Root, config: Config): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const { key, path, isSecret } of namedFiles(config)) {
    const at = await followLinks(root, path);
    const own = root.own(await realpath(at).catch(() => at));
    const foreign = await foreignPart(at);
    if (isSecret && OF_THE_CLUSTER.some((directory) => own.startsWith(`${directory}/`)))
      problems.push({ path: key, message: `names a file of the cluster (${own}), which must not be sent anywhere` });
    else if (foreign !== null)
      problems.push({ path: key, message: `names a file that others can change: ${foreign.path} ${foreign.why}` });
  }
  return problems;
}
