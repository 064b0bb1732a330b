import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CertagentError } from '../domain/model/errors.ts';
import { readTextIfThere } from './files.ts';

/**
 * Takes the lock file at `path` (of this machine), or throws CertagentError LOCKED naming the holder's pid, or
 * LOCK_UNAVAILABLE. Returns the release.
 *
 * Node has no flock(2), and a lock made of files alone cannot be taken over from a dead holder without a race. So
 * util-linux's `flock` holds it, around a `cat` that lives as long as the pipe from this process: the kernel releases
 * the lock however we end. It has a session of its own, lest a Ctrl-C meant for us drops the lock before we are done.
 */
export async function takeLock(path: string): Promise<() => Promise<void>> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const child = spawn('flock', ['--nonblock', '--conflict-exit-code', '9', path, 'cat'], {
    env: { PATH: '/usr/bin:/bin' },
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  });
  if (!(await holds(child))) {
    const holder = (await readTextIfThere(path))?.trim();
    throw new CertagentError('LOCKED', `another certagent (pid ${holder || 'unknown'}) holds ${path}`, {
      remedy: 'Let it finish, or ask it instead: certagent status.',
    });
  }
  await writeFile(path, `${process.pid}\n`, { mode: 0o600 });
  child.unref();
  return async () => {
    child.ref();
    const ended = once(child, 'exit');
    child.stdin?.end();
    await ended;
  };
}

/** True when `cat` answers, which it does only once flock has the lock; false when flock says that another has it. */
function holds(child: ChildProcess): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const unavailable = (cause: unknown) =>
      reject(
        new CertagentError('LOCK_UNAVAILABLE', 'flock could not be run', {
          remedy: 'Install util-linux, which brings flock.',
          cause,
        }),
      );
    child.once('error', unavailable);
    child.once('exit', (code) => (code === 9 ? resolve(false) : unavailable(`flock exited with ${code}`)));
    child.stdout?.once('data', () => resolve(true));
    child.stdin?.on('error', () => {});
    child.stdin?.write('held\n');
  });
}
