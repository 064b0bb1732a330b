import { type ChildProcess, spawn } from 'node:child_process';
import { CertagentError, errorCode } from '../domain/model/errors.ts';
import { findCommand } from './commands.ts';
import type { Root } from './root.ts';

/**
 * Runs a program that prints for the person who waits, straight to the terminal or the pipe; a Ctrl-C reaches it, too. It is found
 * as by `run`, has a clean environment, and is killed after `limit` milliseconds; null: it goes on until it is interrupted. Returns
 * its exit code, null when it was killed. Throws CertagentError COMMAND_MISSING or COMMAND_FAILED_TO_START.
 */
export async function runShown(
  root: Root,
  name: string,
  args: string[],
  { limit, env = {} }: { limit: number | null; env?: Record<string, string> },
): Promise<number | null> {
  const path = await findCommand(root, name);
  if (path === null) throw new CertagentError('COMMAND_MISSING', `${name} is not on this node`);
  let child: ChildProcess | undefined;
  const end = () => child?.kill('SIGKILL');
  // It must not go on alone: a signal ends it first, and then this process, as if there were no handler. They are there before
  // the program is: it may run before this process does again.
  const pass = (signal: NodeJS.Signals) => {
    child?.kill(signal);
    child?.once('close', () => process.kill(process.pid, signal));
  };
  process.once('exit', end);
  for (const signal of SIGNALS) process.once(signal, pass);
  const timer = limit === null ? undefined : setTimeout(end, limit);
  try {
    child = spawn(path, args, {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8', ...env },
    });
    const started = child;
    return await new Promise((resolve, reject) => {
      started.once('error', (cause) =>
        reject(
          new CertagentError('COMMAND_FAILED_TO_START', `${path} could not be started (${errorCode(cause)})`, {
            cause,
          }),
        ),
      );
      started.once('close', resolve);
    });
  } finally {
    clearTimeout(timer);
    process.off('exit', end);
    for (const signal of SIGNALS) process.off(signal, pass);
  }
}

/** What ends a program by default; a terminal sends the first and the last to both. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
