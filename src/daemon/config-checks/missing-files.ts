import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { namedFiles } from '../../config/node-config.ts';
import type { Problem } from '../../config/rules.ts';
import type { Config } from '../../config/schema.ts';
import { namedSinks, SINKS } from '../../config/sinks/index.ts';
import { errorCode } from '../../domain/model/errors.ts';
import { followLinks } from '../../host/links.ts';
import { text } from '../../host/quiet-reads.ts';
import type { Root } from '../../host/root.ts';
import { unitCredentials } from '../../host/unit-credentials.ts';

/** Files and directories that are not there, or cannot be what they are named for. */
export async function missingFiles(root: Root, config: Config): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const { key, path } of namedFiles(config)) {
    // What a hook's program must be is more, and checked with the hooks.
    if (key[0] === 'hooks') continue;
    const wrong = await whatIsWrong(root, path, key.at(-1) === 'ca_file');
    if (wrong !== null) problems.push({ path: key, message: wrong });
  }
  return [...problems, ...(await credentials(root, config)), ...(await places(root, config))];
}

async function whatIsWrong(root: Root, path: string, isCa: boolean): Promise<string | null> {
  const facts = await factsOf(root, path);
  if (facts === 'unknown') return null;
  if (facts === null) return 'names a file that does not exist';
  if (!facts.isFile()) return 'names something that is not a file';
  if (facts.size === 0) return 'names an empty file';
  const held = isCa ? await text(root, path) : null;
  return held !== null && !held.includes('-----BEGIN CERTIFICATE-----')
    ? 'names a file without a PEM certificate'
    : null;
}

/** Names without a slash are credentials of the unit; nothing is known of them where there is no unit. */
async function credentials(root: Root, { alerts }: Config): Promise<Problem[]> {
  const known = await unitCredentials(root, 'certagent.service');
  if (known === null) return [];
  return namedSinks(alerts).flatMap(({ kind, index, settings }) =>
    SINKS[kind].files.flatMap(({ key, isSecret }) => {
      const name = (settings as Record<string, unknown>)[key];
      if (!isSecret || typeof name !== 'string' || name.startsWith('/') || known.includes(name)) return [];
      const message = `names a credential that certagent.service does not load: systemctl edit certagent, LoadCredential=NAME:FILE, or name a file with its whole path`;
      return [{ path: ['alerts', kind, index, key], message }];
    }),
  );
}

async function places(root: Root, { metrics, watch, copies }: Config): Promise<Problem[]> {
  const problems: Problem[] = [];
  const isMissing = async (path: string) => (await factsOf(root, path)) === null;
  const { textfile } = metrics;
  if (textfile !== undefined && (await isMissing(dirname(textfile))))
    problems.push({ path: ['metrics', 'textfile'], message: 'is in a directory that does not exist' });
  for (const [path, list] of [
    [['watch', 'paths'], watch.paths],
    [['copies', 'paths'], copies.paths],
  ] as const)
    for (const [index, each] of list.entries())
      if (!each.includes('*') && (await isMissing(each)))
        problems.push({ path: [...path, index], message: 'names a file that does not exist' });
  return problems;
}

/** null: it is not there; "unknown": this user may not know. */
async function factsOf(root: Root, path: string) {
  return followLinks(root, path)
    .then((at) => stat(at))
    .catch((error) => (['ENOENT', 'ENOTDIR'].includes(errorCode(error)) ? null : ('unknown' as const)));
}
