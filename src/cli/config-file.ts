import { access } from 'node:fs/promises';
import { CertagentError } from '../domain/model/errors.ts';

/**
 * Throws CertagentError CONFIG_MISSING when the file (a path of this machine) was named by the user and is not there:
 * defaults would be a surprise then.
 */
export async function requireNamedConfig(path: string, named: boolean): Promise<void> {
  if (!named) return;
  await access(path).catch((cause) => {
    throw new CertagentError('CONFIG_MISSING', `the configuration ${path} cannot be read`, {
      remedy: 'Name another file, or none: every key has a default.',
      cause,
    });
  });
}
