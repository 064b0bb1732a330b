import { constants } from 'node:fs';
import { chmod, copyFile, mkdir, open, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CertagentError } from '../../domain/model/errors.ts';
import { lookAt, unlessGone } from './live-file.ts';

const ATTEMPTS = 20;
const PAUSE = 50;

/**
 * Copies a sqlite database while K3s writes to it, without opening it as a database: no lock is taken and no byte of it written. The
 * pair is consistent when between the two looks the database file has not changed (only a checkpoint changes it) and its
 * write-ahead log is still the same log, to which rows are only added; sqlite passes over a half-copied last one.
 */
export async function copyDatabase(from: string, to: string): Promise<number> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  for (let attempt = 1; ; attempt++) {
    const before = await looks(from);
    // The log first is not enough: a checkpoint between the two copies would move rows out of reach.
    await copyFile(from, to, constants.COPYFILE_FICLONE);
    await rm(`${to}-wal`, { force: true });
    if (before.log !== null) await copyFile(`${from}-wal`, `${to}-wal`, constants.COPYFILE_FICLONE).catch(unlessGone);
    const after = await looks(from);
    if (before.database === after.database && before.log === after.log) break;
    if (attempt === ATTEMPTS)
      throw new CertagentError('CHANGED_SINCE', `${from} changes too often to be copied consistently`);
    await sleep(PAUSE);
  }
  for (const path of [to, `${to}-wal`]) await chmod(path, 0o600).catch(unlessGone);
  return (await sizeOf(to)) + (await sizeOf(`${to}-wal`));
}

/** What tells one state of the database file, and one log, from another. */
async function looks(path: string): Promise<{ database: string; log: string | null }> {
  return { database: (await lookAt(path)).state, log: await logOf(`${path}-wal`) };
}

/** The header of a log holds two numbers that change whenever sqlite begins it again (sqlite.org/walformat.html). */
async function logOf(path: string): Promise<string | null> {
  try {
    const file = await open(path, 'r');
    try {
      const header = Buffer.alloc(32);
      const { bytesRead } = await file.read(header, 0, 32, 0);
      return bytesRead < 32 ? 'empty' : header.toString('hex');
    } finally {
      await file.close();
    }
  } catch (error) {
    unlessGone(error as NodeJS.ErrnoException);
    return null;
  }
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => null))?.size ?? 0;
}
