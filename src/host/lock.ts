import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, ftruncateSync, lstatSync, openSync, writeSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CertagentError, errorCode } from '../domain/model/errors.ts';
import { readTextIfThere } from './files.ts';
import { PROGRAMS } from './programs.ts';

/** flock(1)'s exit code for a lock that another process holds. */
const CONFLICT = 9;

/**
 * Takes the lock file at `path` (of this machine). Returns the release. Throws CertagentError LOCKED with the holder's pid,
 * or LOCK_UNAVAILABLE.
 *
 * Node has no flock(2), and a lock made of files alone cannot be taken over from a dead holder without a race. So
 * util-linux's `flock` locks a file that this process has open: the lock belongs to the open file, which stays ours when
 * `flock` has ended, and the kernel releases it however we end.
 */
export async function takeLock(path: string): Promise<() => Promise<void>> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const file = openLock(path);
  try {
    if (!(await lock(file))) {
      const holder = (await readTextIfThere(path).catch(() => ''))?.trim();
      throw new CertagentError('LOCKED', `another certagent (pid ${holder || 'unknown'}) holds ${path}`, {
        remedy: 'Wait until it has finished, or ask it: certagent status.',
      });
    }
    ftruncateSync(file);
    writeSync(file, `${process.pid}\n`, 0);
  } catch (error) {
    closeSync(file);
    throw error;
  }
  return async () => closeSync(file);
}

/** A number, not a FileHandle: that one closes itself, and with it drops the lock, when nobody refers to it any more. */
function openLock(path: string): number {
  try {
    // Not even opened: what opening a device does is not known, and a FIFO may never open.
    const facts = lstatSync(path, { throwIfNoEntry: false });
    if (facts?.isFile() === false)
      throw new Error(facts.isSymbolicLink() ? 'is a symbolic link' : 'is not a regular file');
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    return openSync(path, flags, 0o600);
  } catch (cause) {
    const why =
      cause instanceof Error && errorCode(cause) === 'UNKNOWN'
        ? cause.message
        : `cannot be opened (${errorCode(cause)})`;
    throw new CertagentError('LOCK_UNAVAILABLE', `the lock ${path} ${why}`, {
      remedy: `See what it is (ls -l ${path}), and remove it if no certagent runs.`,
      cause,
    });
  }
}

async function lock(file: number): Promise<boolean> {
  const child = spawn('flock', ['--nonblock', '--conflict-exit-code', String(CONFLICT), '3'], {
    env: { PATH: '/usr/bin:/bin' },
    stdio: ['ignore', 'ignore', 'ignore', file],
    timeout: PROGRAMS.lock.limit,
    killSignal: 'SIGKILL',
  });
  const [code] = await once(child, 'exit').catch((cause) => Promise.reject(unavailable(cause)));
  if (code === 0 || code === CONFLICT) return code === 0;
  throw unavailable(code === null ? 'flock did not finish in time' : `flock exited with ${code}`);
}

function unavailable(cause: unknown): CertagentError {
  return new CertagentError('LOCK_UNAVAILABLE', 'flock could not be run', {
    remedy: 'Install util-linux, which brings flock.',
    cause,
  });
}
