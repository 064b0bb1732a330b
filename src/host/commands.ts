import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { CertagentError } from '../domain/model/errors.ts';
import type { Root } from './root.ts';

export type CommandResult = {
  exitCode: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
  timedOut: boolean;
};

const DIRECTORIES = [
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
  '/opt/bin',
  '/var/lib/rancher/rke2/bin',
];

/** The fixed PATH of every child process: the operator's environment does not decide which kubeadm runs as root. */
function searchPath(root: Root): string[] {
  return DIRECTORIES.map((directory) => root.at(directory));
}

/** Path of this machine of an executable of the node; null when there is none. Under a root nothing outside of it is found. */
export async function findCommand(root: Root, name: string): Promise<string | null> {
  for (const directory of searchPath(root)) {
    const path = join(directory, name);
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return null;
}

/**
 * Runs an executable of the node with a fixed PATH, a clean environment, no standard input, output cut at 1 MiB, and a
 * time limit in milliseconds after which it gets SIGTERM and, five seconds later, SIGKILL. A non-zero exit is a result,
 * not an error. Throws CertagentError COMMAND_MISSING, or COMMAND_FAILED_TO_START.
 */
export async function run(
  root: Root,
  name: string,
  args: string[],
  options: { limit: number; env?: Record<string, string> },
): Promise<CommandResult> {
  const path = await findCommand(root, name);
  if (path === null) {
    throw new CertagentError('COMMAND_MISSING', `${name} is not on this node`, {
      remedy: `Install ${name} in one of ${searchPath(root).join(', ')}.`,
    });
  }
  const { execa } = await import('execa');
  const result = await execa(path, args, {
    reject: false,
    stdin: 'ignore',
    extendEnv: false,
    env: { PATH: searchPath(root).join(':'), LANG: 'C', LC_ALL: 'C', HOME: root.at('/root'), ...options.env },
    timeout: options.limit,
    forceKillAfterDelay: 5_000,
    maxBuffer: 1024 * 1024,
    cleanup: true,
  });
  if (result.exitCode === undefined && result.signal === undefined && !result.timedOut && !result.isMaxBuffer) {
    throw new CertagentError('COMMAND_FAILED_TO_START', `${name} could not be started`, {
      cause: result.cause ?? result,
    });
  }
  return {
    exitCode: result.exitCode ?? null,
    signal: result.signal ?? null,
    stdout: result.stdout,
    stderr: result.stderr,
    timedOut: result.timedOut,
  };
}
