import { constants } from 'node:fs';
import { copyFile, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CertagentError } from '../../domain/model/errors.ts';
import { copyTree } from './copy-tree.ts';

const ATTEMPTS = 40;
/** Bytes that are copied at most before this is given up: the live member shares the disk. */
const MOST = 2 * 1024 ** 3;
const PAUSE = 37;

/**
 * Copies the directory of embedded etcd while it runs. Its database file is written in place, so a copy of it counts only when
 * the file did not change meanwhile. Its log is copied after it: what the log has beyond the database, etcd adds at its start,
 * but a newer snapshot than the database it refuses.
 */
export async function copyEtcd(from: string, to: string, signal?: AbortSignal): Promise<number> {
  const database = 'member/snap/db';
  await mkdir(dirname(`${to}/${database}`), { recursive: true, mode: 0o700 });
  let spent = 0;
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    const before = await look(`${from}/${database}`);
    const snapshots = await snapshotsIn(from);
    await copyFile(`${from}/${database}`, `${to}/${database}`, constants.COPYFILE_FICLONE);
    spent += before.size;
    if (before.state === (await look(`${from}/${database}`)).state) {
      const { bytes } = await copyTree(from, to, { skip: (path) => path === `${from}/${database}`, signal });
      if (snapshots === (await snapshotsIn(from))) return before.size + bytes;
      spent += bytes;
      await rm(`${to}/member`, { recursive: true });
      await mkdir(dirname(`${to}/${database}`), { recursive: true, mode: 0o700 });
    }
    if (attempt === ATTEMPTS || spent > MOST)
      throw new CertagentError('CHANGED_SINCE', `${from}/${database} changes too often to be copied consistently`);
    await sleep(PAUSE);
  }
}

async function look(path: string): Promise<{ size: number; state: string }> {
  const { size, mtimeNs, ino } = await stat(path, { bigint: true });
  return { size: Number(size), state: `${ino} ${size} ${mtimeNs}` };
}

async function snapshotsIn(directory: string): Promise<string> {
  return (await readdir(`${directory}/member/snap`)).sort().join(' ');
}
