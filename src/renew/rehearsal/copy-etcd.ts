import { rm, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { CertagentError } from '../../domain/model/errors.ts';
import { copyTree } from './copy-tree.ts';

const ATTEMPTS = 40;
const PAUSE = 37;

/**
 * Copies the directory of embedded etcd while it runs. Its database file is written in place, so the copy counts only when that
 * file did not change meanwhile; what its log has beyond that, etcd adds at its start.
 */
export async function copyEtcd(from: string, to: string, signal?: AbortSignal): Promise<number> {
  const database = `${from}/member/snap/db`;
  for (let attempt = 1; ; attempt++) {
    const before = await look(database);
    const { bytes } = await copyTree(from, to, { signal });
    if (before === (await look(database))) return bytes;
    await rm(to, { recursive: true });
    if (attempt === ATTEMPTS)
      throw new CertagentError('CHANGED_SINCE', `${database} changes too often to be copied consistently`);
    await sleep(PAUSE);
  }
}

async function look(path: string): Promise<string> {
  const { size, mtimeNs, ino } = await stat(path, { bigint: true });
  return `${ino} ${size} ${mtimeNs}`;
}
