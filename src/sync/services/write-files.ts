import { dirname } from 'node:path';
import { errorCode } from '../../domain/model/errors.ts';
import {
  type FileFacts,
  type Held,
  hold,
  readSmall,
  removeTemporaries,
  type StagedWrite,
  stageWrite,
} from '../../host/files.ts';
import type { Root } from '../../host/root.ts';
import { keepReplaced } from './replaced-files.ts';

/** One file of a copy: where it is on this machine, what it has to be, and what it is. */
export type TargetFile = {
  /** The node's own path. */
  path: string;
  at: string;
  content: string;
  mode: number;
  uid: number;
  gid: number;
  now: { bytes: Buffer; facts: FileFacts } | null;
};

export async function readNow(at: string): Promise<TargetFile['now']> {
  try {
    return await readSmall(at);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

/** What differs, in words; null: nothing. */
export function difference({
  now,
  content,
  mode,
  uid,
  gid,
}: TargetFile): 'absent' | 'content' | 'owner or mode' | null {
  if (now === null) return 'absent';
  if (!now.bytes.equals(Buffer.from(content))) return 'content';
  const { facts } = now;
  return facts.mode === mode && facts.uid === uid && facts.gid === gid ? null : 'owner or mode';
}

/**
 * Replaces the files together: none takes its place before all of them are on the disk, and where one cannot, those before
 * it are put back. What was there is kept in certagent's own directory.
 */
export async function writeFiles(root: Root, files: TargetFile[]): Promise<void> {
  for (const directory of new Set(files.map(({ at }) => dirname(at)))) await removeTemporaries(directory);
  for (const { path, now, content } of files)
    if (now !== null && !now.bytes.equals(Buffer.from(content))) await keepReplaced(root, path, now.bytes);
  const staged: StagedWrite[] = [];
  const held: Held[] = [];
  let done = 0;
  try {
    for (const { at, content, mode, uid, gid } of files)
      staged.push(await stageWrite(at, content, { mode, ...ownerIfOther(uid, gid) }));
    for (const { at } of files.slice(0, -1)) {
      const previous = await hold(at);
      if (previous !== null) held.push(previous);
    }
    for (const write of staged) {
      await write.commit();
      done += 1;
    }
  } catch (error) {
    for (const write of staged.slice(done)) await write.discard();
    for (const previous of held.slice(0, done)) await previous.putBack().catch(() => {});
    throw error;
  } finally {
    for (const previous of held) await previous.drop();
  }
}

/** Without being root certagent can give nothing away. */
function ownerIfOther(uid: number, gid: number): { uid: number; gid: number } | Record<string, never> {
  return uid === process.geteuid?.() && gid === process.getegid?.() ? {} : { uid, gid };
}
