import { remote } from '../control/client.ts';
import type { ControlHandlers } from '../control/handlers.ts';
import { CertagentError, errorCode } from '../domain/model/errors.ts';
import type { StatusReport } from '../domain/model/status.ts';
import type { Context } from './context.ts';

/**
 * Lets `call` ask the running daemon; without one, an agent in this process that reads the node itself. `source` is
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
  try {
    return { answer: await withoutDaemon(context, call), source: 'node' };
  } catch (cause) {
    if (process.getuid?.() === 0 || !['EACCES', 'EPERM'].includes(errorCode(cause))) throw cause;
    throw new CertagentError('NOT_ROOT', 'no daemon is running, and this user may not read the node itself', {
      cause,
      remedy: 'Start the daemon (systemctl start certagent), or run this as root.',
    });
  }
}

/** The status, with who answered. */
export async function askStatus(context: Context): Promise<StatusReport> {
  const { answer, source } = await askNode(context, (node) => node.status());
  return { ...answer, source };
}

/** For what only a daemon can do. Throws CertagentError NO_DAEMON. */
export async function askDaemonOnly<T>(context: Context, call: (node: ControlHandlers) => Promise<T>): Promise<T> {
  return call(remote(context.root));
}
