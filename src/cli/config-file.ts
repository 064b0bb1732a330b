import { stat } from 'node:fs/promises';
import { CertagentError, errorCode } from '../domain/model/errors.ts';

/**
 * Throws CertagentError CONFIG_MISSING when the user named the file (a path of this machine) and it does not exist or is
 * not a file: certagent must not use the defaults instead.
 */
export async function requireNamedConfig(path: string, named: boolean): Promise<void> {
  if (!named) return;
  const problem = await stat(path).then(
    (file) => (file.isDirectory() ? 'is a directory' : null),
    (error) => (errorCode(error) === 'ENOENT' ? 'does not exist' : `cannot be read (${errorCode(error)})`),
  );
  if (problem === null) return;
  throw new CertagentError('CONFIG_MISSING', `the configuration file ${path} ${problem}`, {
    remedy: 'Name another file. Without --config certagent uses its own configuration, and every key has a default.',
  });
}
