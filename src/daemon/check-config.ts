import { loadKeepingMode } from '../config/kept-mode.ts';
import { ConfigError, type ConfigProblem, loadConfig, located } from '../config/load.ts';
import type { Problem } from '../config/rules.ts';
import type { Config } from '../config/schema.ts';
import { readTextIfThere } from '../host/files.ts';
import { followLinks } from '../host/links.ts';
import type { Root } from '../host/root.ts';
import { unknownAccounts } from './config-checks/accounts.ts';
import { unusualDurations } from './config-checks/durations.ts';
import { exposedSecrets } from './config-checks/exposed.ts';
import { refusedInDirectory, refusedPrograms } from './config-checks/hooks.ts';
import { missingFiles } from './config-checks/missing-files.ts';
import { notOnNode } from './config-checks/on-node.ts';
import { wrongAddresses } from './config-checks/sink-addresses.ts';
import { unusable } from './config-checks/unusable.ts';
import { misplacedUserFiles } from './config-checks/user-files.ts';

/**
 * As a daemon loads its configuration, for a person who asks whether all is well: throws ConfigError for what a daemon would
 * refuse, and returns what it would start with and what will fail one day. Changes nothing.
 */
export async function checkConfig(root: Root, file: string): Promise<ConfigProblem[]> {
  const path = await followLinks(root, file);
  const later = async (config: Config): Promise<Problem[]> => [
    ...(await warnings(root, config)),
    ...(await exposedSecrets(root, config, path)),
    ...(await refusedInDirectory(root)),
    ...(await notOnNode(root, config)),
  ];
  const { config, modeMissing } = await withWarnings(path, loadKeepingMode(root, file), later);
  return located((await readTextIfThere(path)) ?? '', [
    ...(modeMissing ? [{ path: ['mode'], message: NO_MODE }] : []),
    ...(await later(config)),
  ]);
}

/** Adds to the errors of a configuration what will fail later of its valid part, so that nobody corrects a file twice. */
async function withWarnings<T>(path: string, loading: Promise<T>, later: (rest: Config) => Promise<Problem[]>) {
  try {
    return await loading;
  } catch (error) {
    if (!(error instanceof ConfigError) || error.rest === null) throw error;
    const { file, problems, rest } = error;
    const found = located((await readTextIfThere(path)) ?? '', await later(rest));
    // What an error names already, and what is not in the file, is no news.
    const isNew = ({ key, line }: ConfigProblem) =>
      line !== null && !problems.some((one) => key === one.key || key.startsWith(`${one.key}.`));
    throw new ConfigError(file, problems, { rest, warnings: found.filter(isNew) });
  }
}

const NO_MODE = 'is not set: certagent goes on observing, as before, and alerts';

/** The same of a draft (a path of this machine), which may belong to its author and be meant for this node. */
export async function checkDraft(root: Root, path: string): Promise<ConfigProblem[]> {
  const config = await withWarnings(path, loadConfig(path), (rest) => warnings(root, rest));
  return located((await readTextIfThere(path)) ?? '', await warnings(root, config));
}

async function warnings(root: Root, config: Config): Promise<Problem[]> {
  return [
    ...unusualDurations(config),
    ...wrongAddresses(config),
    ...(await missingFiles(root, config)),
    ...(await unknownAccounts(root, config)),
    ...(await misplacedUserFiles(root, config)),
    ...(await refusedPrograms(root, config)),
    ...(await unusable(root, config)),
  ];
}
