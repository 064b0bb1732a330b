import { statSync } from 'node:fs';
import { normalize } from 'node:path';
import { CertagentError } from '../domain/model/errors.ts';
import { followDirectories } from './links.ts';

/**
 * The root prefix (`--root DIR`, as in `systemctl --root`): every path of the node goes through it. Paths kept in
 * inventories, plans and journals are the node's own; only `at` turns them into paths of this machine.
 */
export class Root {
  /** Without a trailing slash; empty for the machine itself. */
  readonly prefix: string;

  constructor(directory: string) {
    this.prefix = directory === '/' ? '' : normalize(directory).replace(/\/+$/, '');
  }

  get isMachine(): boolean {
    return this.prefix === '';
  }

  /**
   * Path of this machine for a path of the node. Under a prefix neither `..` nor a link among its directories leads out; a
   * link at its very end is left for the caller, who removes or replaces it, or asks `followLinks`.
   */
  at(path: string): string {
    return this.prefix === '' ? path : followDirectories(this.prefix, path);
  }

  /** The node's own path for a path of this machine; unchanged when it is outside of the root. */
  own(path: string): string {
    return this.prefix !== '' && path.startsWith(`${this.prefix}/`) ? path.slice(this.prefix.length) : path;
  }
}

/** The root prefix that a user names. Throws CertagentError ROOT_MISSING when it is not a directory. */
export function existingRoot(directory: string): Root {
  const facts = statSync(directory, { throwIfNoEntry: false });
  if (facts?.isDirectory() === true) return new Root(directory);
  throw new CertagentError(
    'ROOT_MISSING',
    `${directory} ${facts === undefined ? 'does not exist' : 'is not a directory'}`,
    {
      remedy: 'Name the directory that holds the node image: --root DIR',
    },
  );
}

/** Where certagent keeps its own things on the node. */
export const STATE_DIR = '/var/lib/certagent';
export const RUN_DIR = '/run/certagent';
export const CONFIG_FILE = '/etc/certagent/config.toml';
