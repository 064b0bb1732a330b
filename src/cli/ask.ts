import { remote } from '../control/client.ts';
import type { ControlHandlers } from '../control/handlers.ts';
import { errorCode } from '../domain/errors.ts';
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
