import { chmod, chown, lstat, mkdir, unlink } from 'node:fs/promises';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { CertagentError, errorCode } from '../domain/model/errors.ts';
import type { Root } from '../host/root.ts';
import { type SocketName, socketAddress, socketPath } from './paths.ts';

export type Listening = {
  /** Lets a group connect; null: only the owner. */
  openTo(groupId: number | null): Promise<void>;
  close(): Promise<void>;
};

/**
 * Lets `server` listen on a socket of the run directory that only its owner may use. It is made with a umask that shuts
 * everybody else out: at no moment can others connect. Throws CertagentError ALREADY_RUNNING or SOCKET_TAKEN.
 */
export async function listenOn(server: Server, root: Root, name: SocketName): Promise<Listening> {
  const path = socketPath(root, name);
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  const place = socketAddress(path);
  try {
    await removeStale(place.address, path);
    await bind(server, place.address, path);
    await chmod(path, 0o600);
  } catch (error) {
    await stop(server);
    place.release();
    throw error;
  }
  return {
    async openTo(groupId) {
      // The former group loses its access before the next one is let in.
      await chmod(path, 0o600);
      if (groupId === null) return;
      await chown(path, -1, groupId);
      await chmod(path, 0o660);
    },
    async close() {
      // libuv removes the socket's file by the address it was bound to, so that must be good until then.
      await stop(server);
      place.release();
    },
  };
}

/** `listen` binds before it returns, so the umask holds for this one call only. */
function bind(server: Server, address: string, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(errorCode(error) === 'EADDRINUSE' ? alreadyRunning(path) : error));
    server.once('listening', resolve);
    const before = process.umask(0o177);
    try {
      server.listen(address);
    } finally {
      process.umask(before);
    }
  });
}

/** Takes the socket of a dead daemon out of the way. (That two start at once, the daemon's lock rules out.) */
async function removeStale(address: string, path: string): Promise<void> {
  const facts = await lstat(address).catch((error) => {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  });
  if (facts === null) return;
  if (!facts.isSocket()) {
    throw new CertagentError('SOCKET_TAKEN', `${path} exists and is not a socket`, { remedy: `Remove it: rm ${path}` });
  }
  if (await somebodyListens(address)) throw alreadyRunning(path);
  await unlink(address);
}

function somebodyListens(address: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(address, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) => {
      if (['ECONNREFUSED', 'ENOENT'].includes(errorCode(error))) resolve(false);
      else if (errorCode(error) === 'EAGAIN') resolve(true);
      else reject(error);
    });
  });
}

/** Ends idle connections at once and gives answers under way a moment. */
function stop(server: Server): Promise<void> {
  if (!server.listening) return Promise.resolve();
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), 2_000);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}

function alreadyRunning(path: string): CertagentError {
  return new CertagentError('ALREADY_RUNNING', `another certagent daemon listens on ${path}`, {
    remedy: 'Leave it running, or stop it first: systemctl stop certagent',
  });
}
