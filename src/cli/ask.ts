import { remote } from '../control/client.ts';
import type { ControlHandlers } from '../control/handlers.ts';
import { CertagentError, errorCode } from '../domain/errors.ts';
import type { Context } from './context.ts';

/**
 * Lets `call` ask the running daemon; without one, an agent in this process that reads the node itself. `source` tells
 * who answered.
 */
export async function askNode<T>(
  context: Context,
  call: (node: ControlHandlers) => Promise<T>,
): Promise<{ answer: T; source: 'daemon' | 'node' }> {
  try {
    return { answer: await call(remote(context.root)), source: 'daemon' };
  } catch (error) {
    if (errorCode(error) !== 'NO_DAEMON') throw error;
  }
  const { withoutDaemon } = await import('./standalone.ts');
  return { answer: await withoutDaemon(context, call), source: 'node' };
}

/** For what only a daemon can do. Throws CertagentError NO_DAEMON. */
export async function askDaemonOnly<T>(context: Context, call: (node: ControlHandlers) => Promise<T>): Promise<T> {
  return call(remote(context.root));
}

/**
 * Throws CertagentError CONFIG_MISSING when the file (a path of this machine) was named by the user and is not there:
 * defaults would be a surprise then.
 */
export async function requireNamedConfig(path: string, named: boolean): Promise<void> {
  if (!named) return;
  const { access } = await import('node:fs/promises');
  await access(path).catch((cause) => {
    throw new CertagentError('CONFIG_MISSING', `the configuration ${path} cannot be read`, {
      remedy: 'Name another file, or none: every key has a default.',
      cause,
    });
  });
}
