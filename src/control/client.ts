import { lstatSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { CertagentError, type ErrorCode, errorCode } from '../domain/model/errors.ts';
import type { Progress } from '../domain/model/journal.ts';
import type { PlanRequest } from '../domain/model/status.ts';
import type { Root } from '../host/root.ts';
import { foreignRoot } from '../host/trust.ts';
import { parseAnswer } from './answer.ts';
import type { ControlHandlers } from './handlers.ts';
import { type SocketName, socketAddress, socketPath } from './paths.ts';

/**
 * Reading is answered from memory, but the first answer waits for the first check of the node, which takes a small board
 * its time. A daemon that takes longer hangs. In milliseconds.
 */
const READ_LIMIT = 120_000;

/**
 * Asks the running daemon; root on the control socket, where members of the group cannot be in the way. Throws
 * CertagentError NO_DAEMON when no one listens, PERMISSION when this user may not use the socket, DAEMON_SILENT and
 * DAEMON_GONE when the answer is not complete, and whatever error the daemon answers.
 */
export async function askDaemon<T>(
  root: Root,
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
  onProgress?: (progress: Progress) => void,
): Promise<T> {
  const name = method === 'GET' && process.geteuid?.() !== 0 ? 'status' : 'control';
  const socket = await open(root, name);
  try {
    socket.write(requestText(method, path, body));
    if (method === 'GET') socket.setTimeout(READ_LIMIT, () => socket.destroy(silent()));
    return (await parseAnswer(socket, onProgress)) as T;
  } catch (error) {
    const code = errorCode(error);
    if (code === 'UNKNOWN_PATH' || code === 'WRONG_METHOD') throw otherVersion(code, error);
    // Whatever ends a connection half-way means one thing here.
    throw ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'].includes(errorCode(error)) ? gone(error) : error;
  } finally {
    socket.destroy();
  }
}

/** The daemon's handlers, seen from a command. */
export function remote(root: Root): ControlHandlers {
  return {
    status: () => askDaemon(root, 'GET', '/v1/status'),
    plan: (request) => askDaemon(root, 'GET', request === undefined ? '/v1/plan' : planPath(request)),
    history: () => askDaemon(root, 'GET', '/v1/history'),
    attempt: (request) => askDaemon(root, 'POST', '/v1/attempt', request),
    explain: ({ name }) => askDaemon(root, 'GET', `/v1/explain?name=${encodeURIComponent(name)}`),
    metrics: () => askDaemon(root, 'GET', '/metrics'),
    cluster: () => askDaemon(root, 'POST', '/v1/cluster'),
    check: () => askDaemon(root, 'POST', '/v1/check'),
    renew: (request, progress) => askDaemon(root, 'POST', '/v1/renew', request, progress),
    backups: () => askDaemon(root, 'POST', '/v1/backups'),
    restorePlan: (request) => askDaemon(root, 'POST', '/v1/restore-plan', request),
    restore: (request, progress) => askDaemon(root, 'POST', '/v1/restore', request, progress),
    csr: (request) => askDaemon(root, 'POST', '/v1/csr', request),
    installPlan: (request) => askDaemon(root, 'POST', '/v1/install-plan', request),
    install: (request, progress) => askDaemon(root, 'POST', '/v1/install', request, progress),
    addUser: (request) => askDaemon(root, 'POST', '/v1/user-add', request),
    rehearse: (request, progress) => askDaemon(root, 'POST', '/v1/rehearse', request, progress),
    sync: (options) => askDaemon(root, 'POST', '/v1/sync', options),
    reload: () => askDaemon(root, 'POST', '/v1/reload'),
    acceptClock: () => askDaemon(root, 'POST', '/v1/clock-accept'),
    silence: (request) => askDaemon(root, 'POST', '/v1/silence', request),
    unsilence: (about) => askDaemon(root, 'POST', '/v1/unsilence', about),
    pause: (request) => askDaemon(root, 'POST', '/v1/pause', request),
    resume: () => askDaemon(root, 'POST', '/v1/resume'),
    testAlerts: () => askDaemon(root, 'POST', '/v1/alert-test'),
  };
}

function planPath({ force, enabled, only = [] }: PlanRequest): string {
  const named = only.map((name) => `&only=${encodeURIComponent(name)}`).join('');
  return `/v1/plan?for=renew${force ? '&force=1' : ''}${enabled ? '&enabled=1' : ''}${named}`;
}

/**
 * HTTP/1.0, so that the answer ends with the connection and is never chunked: what node:http would add costs a command
 * that only asks some 50 ms.
 */
function requestText(method: string, path: string, body: unknown): string {
  const content = body === undefined ? '' : JSON.stringify(body);
  return [
    `${method} ${path} HTTP/1.0`,
    'host: certagent',
    ...(method === 'GET' ? [] : ['content-type: application/json', `content-length: ${Buffer.byteLength(content)}`]),
    '',
    content,
  ].join('\r\n');
}

async function open(root: Root, name: SocketName): Promise<Socket> {
  const path = socketPath(root, name);
  // In a node image that somebody else prepared, the socket could be anybody's.
  if (!root.isMachine && ((await foreignRoot(root)) !== null || isLink(path))) throw noDaemon(path);
  try {
    const place = socketAddress(path);
    try {
      return await connected(place.address);
    } finally {
      place.release();
    }
  } catch (error) {
    throw refused(error, path, name);
  }
}

function connected(address: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(address, () => {
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

function refused(error: unknown, path: string, name: SocketName): unknown {
  switch (errorCode(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ECONNREFUSED':
      return noDaemon(path);
    case 'EACCES':
    case 'EPERM':
      return new CertagentError('PERMISSION', `${path} may not be used by this user`, {
        remedy:
          name === 'status'
            ? 'Run this as root, or join the group that may read it (`control.group`, by default certagent) and log in again: sudo usermod -aG certagent "$USER"'
            : 'Run this as root: only root may ask the daemon to act.',
      });
    default:
      return error;
  }
}

function noDaemon(path: string): CertagentError {
  return new CertagentError('NO_DAEMON', `no certagent daemon listens on ${path}`, {
    remedy: 'Start it: systemctl start certagent',
  });
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}

function otherVersion(code: ErrorCode, cause: unknown): CertagentError {
  return new CertagentError(code, 'the running daemon does not know this command: its version differs', {
    remedy: 'Restart it, so that the installed version runs: systemctl restart certagent',
    cause,
  });
}

function silent(): CertagentError {
  return new CertagentError('DAEMON_SILENT', `the daemon did not answer within ${READ_LIMIT / 1000} seconds`, {
    remedy: 'See what it does: systemctl status certagent',
  });
}

function gone(cause: unknown): CertagentError {
  return new CertagentError('DAEMON_GONE', 'the daemon closed the connection before its answer was complete', {
    remedy: 'See why: journalctl -u certagent -n 50. A renewal it had begun is finished or undone at its next start.',
    cause,
  });
}
