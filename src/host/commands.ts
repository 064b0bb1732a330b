import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { CertagentError, errorCode } from '../domain/model/errors.ts';
import { followLinks } from './links.ts';
import { endGroup } from './process-group.ts';
import type { Root } from './root.ts';
import { type Foreign, foreignPart, foreignProgram, foreignRoot, rootForeign } from './trust.ts';

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

/**
 * Path of this machine of an executable of the node; null when there is none. Under a root nothing outside of it is found,
 * whatever its links say. One that others than root and we could have put there, or could change, is passed over.
 */
export async function findCommand(root: Root, name: string): Promise<string | null> {
  return (await searchCommand(root, name)).path;
}

/** As `findCommand`; `foreign`: the first that was passed over. */
export async function searchCommand(
  root: Root,
  name: string,
): Promise<{ path: string | null; foreign: Foreign | null }> {
  let foreign: Foreign | null = null;
  for (const directory of DIRECTORIES) {
    const path = await followLinks(root, `${directory}/${name}`);
    if (!(await isExecutable(path))) continue;
    // An image may be a directory of anybody's who runs certagent on it.
    const found = await (root.isMachine ? foreignProgram(path) : foreignPart(path));
    if (found === null) return { path, foreign };
    foreign ??= found;
  }
  return { path: null, foreign };
}

function untrusted(name: string, { path, why }: Foreign): CertagentError {
  return new CertagentError('COMMAND_UNTRUSTED', `${path} ${why}: certagent does not run ${name}`, {
    remedy: `See who has changed it; then take it over: chown root: ${path}; chmod go-w ${path}`,
  });
}

/** Whether it is a file that we may execute. */
export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** A child may keep the pipes open after its program has exited: the output is complete by then. Milliseconds. */
const AFTER_EXIT = 500;
const OUTPUT_LIMIT = 1024 * 1024;

/** `outputLimit`: characters, where 1 MiB is not enough. */
export type RunOptions = { limit: number; env?: Record<string, string>; signal?: AbortSignal; outputLimit?: number };

/**
 * Runs an executable of the node with a fixed PATH, a clean environment, no standard input, output cut at 1 MiB, and a
 * time limit in milliseconds (`PROGRAMS` lists them), after which its whole process group is killed, as when `signal` is
 * aborted. A non-zero exit is a result, not an error. Throws CertagentError COMMAND_MISSING,
 * COMMAND_UNTRUSTED, COMMAND_FAILED_TO_START, or ROOT_FOREIGN.
 */
export async function run(root: Root, name: string, args: string[], options: RunOptions): Promise<CommandResult> {
  const { path, foreign } = await searchCommand(root, name);
  if (path === null) {
    const foreignImage = await foreignRoot(root);
    if (foreignImage !== null) throw rootForeign(root, foreignImage);
    if (foreign !== null) throw untrusted(name, foreign);
    throw new CertagentError('COMMAND_MISSING', `${name} is not on this node`, {
      remedy: `Install ${name} in one of ${searchPath(root).join(', ')}.`,
    });
  }
  const env = { PATH: searchPath(root).join(':'), LANG: 'C', LC_ALL: 'C', HOME: root.at('/root'), ...options.env };
  return runGroup(path, args, { ...options, env });
}

/**
 * The program leads a process group of its own, so that a wrapper's children end with it, and a Ctrl-C that is meant for
 * certagent does not reach a kubeadm between a key and its certificate.
 */
async function runGroup(
  path: string,
  args: string[],
  options: RunOptions & { env: Record<string, string> },
): Promise<CommandResult> {
  const { execa } = await import('execa');
  const child = execa(path, args, {
    reject: false,
    stdin: 'ignore',
    extendEnv: false,
    env: options.env,
    // A process group of its own, which is killed when certagent exits.
    killDescendants: true,
    maxBuffer: options.outputLimit ?? OUTPUT_LIMIT,
  });
  const { pid } = child;
  let timedOut = false;
  const givenUp = Promise.withResolvers<null>();
  const closePipes = () => {
    child.stdout?.destroy();
    child.stderr?.destroy();
  };
  // Two endings that waiting for the end of the output would miss: a grandchild has the pipe, or SIGKILL does not help.
  const giveUp = async () => {
    await endGroup(pid);
    setTimeout(() => givenUp.resolve(null), AFTER_EXIT);
  };
  const limit = setTimeout(() => {
    timedOut = true;
    void giveUp();
  }, options.limit);
  if (options.signal?.aborted === true) void giveUp();
  options.signal?.addEventListener('abort', giveUp, { once: true });
  child.nodeChildProcess.once('exit', () => setTimeout(closePipes, AFTER_EXIT).unref());
  const result = await Promise.race([child, givenUp.promise]);
  clearTimeout(limit);
  options.signal?.removeEventListener('abort', giveUp);
  if (result === null) closePipes();
  if (timedOut || result?.isMaxBuffer === true) await endGroup(pid);
  if (result === null) return { exitCode: null, signal: 'SIGKILL', stdout: '', stderr: '', timedOut };
  if (pid === undefined) {
    throw new CertagentError('COMMAND_FAILED_TO_START', `${path} could not be started (${errorCode(result.cause)})`, {
      cause: result.cause ?? result,
    });
  }
  return {
    exitCode: result.exitCode ?? null,
    signal: result.signal ?? null,
    stdout: textOf(result.stdout),
    stderr: textOf(result.stderr),
    timedOut,
  };
}

const textOf = (output: unknown): string => (typeof output === 'string' ? output : '');
