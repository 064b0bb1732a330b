import { randomBytes } from 'node:crypto';
import { link, mkdir, rename, unlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CertagentError, errorCode } from '../domain/errors.ts';
import { readTextIfThere } from './files.ts';
import { isRunning, ownProcess, type Process } from './processes.ts';

type Holder = Pick<Process, 'pid' | 'startedAt'>;

/**
 * Takes the lock file at `path` (of this machine) or throws CertagentError LOCKED naming the holder's pid. The holder is
 * told by pid and start time, so the lock of a killed agent, or of one before a reboot, is taken over. Returns the release.
 */
export async function takeLock(path: string): Promise<() => Promise<void>> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const mine = `${path}.${randomBytes(6).toString('hex')}`;
  await writeFile(mine, JSON.stringify(await ownProcess()), { mode: 0o600, flag: 'wx' });
  try {
    for (let attempt = 0; attempt < 10; attempt++) {
      // link(2) fails when the name exists: unlike a look and then a write, two agents cannot both succeed.
      if (
        await link(mine, path).then(
          () => true,
          (error) => ignoreCode(error, 'EEXIST'),
        )
      )
        return () => unlink(path).catch(() => {});
      const holder = parseHolder(await readTextIfThere(path));
      if (holder !== null && (await isRunning(holder))) throw locked(path, holder);
      await setAside(path, holder);
    }
    throw new CertagentError('LOCKED', `the lock ${path} could not be taken`, {
      remedy: 'Try again; if it stays so, see who writes to that directory.',
    });
  } finally {
    await unlink(mine).catch(() => {});
  }
}

/** Moves a dead holder's lock away. If a living agent took it in between, its lock is put back. */
async function setAside(path: string, dead: Holder | null): Promise<void> {
  const aside = `${path}.${randomBytes(6).toString('hex')}.dead`;
  if (
    !(await rename(path, aside).then(
      () => true,
      (error) => ignoreCode(error, 'ENOENT'),
    ))
  )
    return;
  const moved = parseHolder(await readTextIfThere(aside));
  if (moved !== null && moved.pid !== dead?.pid && (await isRunning(moved))) await link(aside, path).catch(() => {});
  await unlink(aside).catch(() => {});
}

function parseHolder(text: string | null): Holder | null {
  try {
    const { pid, startedAt } = JSON.parse(text ?? '') as Partial<Holder>;
    return typeof pid === 'number' && typeof startedAt === 'number' ? { pid, startedAt } : null;
  } catch {
    return null;
  }
}

function locked(path: string, holder: Holder): CertagentError {
  return new CertagentError('LOCKED', `another certagent (pid ${holder.pid}) holds ${path}`, {
    remedy: `Let it finish, or ask it instead: certagent status. To end it: kill ${holder.pid}.`,
  });
}

function ignoreCode(error: unknown, code: string): false {
  if (errorCode(error) !== code) throw error;
  return false;
}
