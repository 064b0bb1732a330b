import { mkdir, readdir, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dispatch } from '../domain/alerts/alert.ts';
import { errorCode } from '../domain/model/errors.ts';
import { readSmall, removeTemporaries, syncDirectory, writeAtomic } from '../host/files.ts';
import { makeTurns } from '../host/turns.ts';
import { isAlert, isInstant } from './book.ts';
import { merge } from './merge.ts';

/** So many dispatches wait for one sink; what comes after is summed up in the last. */
const MOST = 50;
const LIMIT = 4 * 1024 * 1024;

export type Waiting = { name: string; dispatch: Dispatch };

/** What waits for one sink, oldest first, on disk. */
export type Spool = {
  /** Resolves when the dispatch would survive a power loss; `kept: 'memory'` when the disk refused (its error in `why`). */
  add(dispatch: Dispatch): Promise<{ kept: 'disk' | 'memory'; why: string }>;
  /** The oldest; null when nothing waits. The one it gave is not changed by `add`. */
  first(): Promise<Waiting | null>;
  remove(name: string): Promise<void>;
  size(): number;
};

/** Opens, and if need be makes, the directory (a path of this machine). Files that are none of ours are left alone. */
export async function openSpool(directory: string): Promise<Spool> {
  await removeTemporaries(directory);
  const names = await readdir(directory).catch(() => [] as string[]);
  const waiting = names.filter((name) => /^\d{15}-[\w-]+\.json$/.test(name)).sort();
  /** What the disk refused: better told once it can be sent than lost. */
  const inMemory = new Map<string, Dispatch>();
  let lastTime = Number(waiting.at(-1)?.slice(0, 15) ?? 0);
  // One after the other: `add` reads and rewrites the last file.
  const { exclusive: inTurn } = makeTurns();

  const read = async (name: string): Promise<Dispatch | null> => {
    const kept = inMemory.get(name);
    if (kept !== undefined) return kept;
    try {
      const text = (await readSmall(join(directory, name), LIMIT)).bytes.toString('utf8');
      const dispatch: unknown = JSON.parse(text);
      return isDispatch(dispatch) ? dispatch : null;
    } catch {
      return null;
    }
  };
  const write = async (name: string, dispatch: Dispatch): Promise<{ kept: 'disk' | 'memory'; why: string }> => {
    try {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await writeAtomic(join(directory, name), `${JSON.stringify(dispatch)}\n`, { mode: 0o600 });
      inMemory.delete(name);
      return { kept: 'disk', why: '' };
    } catch (error) {
      inMemory.set(name, dispatch);
      return { kept: 'memory', why: errorCode(error) };
    }
  };

  return {
    add: (dispatch) =>
      inTurn(async () => {
        const last = waiting.length >= MOST ? waiting.at(-1)! : null;
        const before = last === null ? null : await read(last);
        if (last !== null && before !== null) return write(last, merge(before, dispatch));
        // Two in one millisecond, or a clock set back: the order they came in is kept.
        lastTime = Math.max(dispatch.at, lastTime + 1);
        const name = `${String(lastTime).padStart(15, '0')}-${dispatch.id}.json`;
        const result = await write(name, dispatch);
        waiting.push(name);
        return result;
      }),
    first: () =>
      inTurn(async () => {
        for (let name = waiting[0]; name !== undefined; name = waiting[0]) {
          const dispatch = await read(name);
          if (dispatch !== null) return { name, dispatch };
          // Kept for a look by a person, and out of the others' way.
          await rename(join(directory, name), join(directory, `${name}.damaged`)).catch(() => {});
          waiting.shift();
        }
        return null;
      }),
    remove: (name) =>
      inTurn(async () => {
        const index = waiting.indexOf(name);
        if (index >= 0) waiting.splice(index, 1);
        if (inMemory.delete(name)) return;
        await unlink(join(directory, name)).catch(() => {});
        await syncDirectory(directory).catch(() => {});
      }),
    size: () => waiting.length,
  };
}

/** Whether everything is there that a sink makes its message of: what is not would be tried for a week and hold up the rest. */
function isDispatch(value: unknown): value is Dispatch {
  const { id, at, node, notifications } = (value ?? {}) as Partial<Dispatch>;
  return (
    typeof id === 'string' &&
    isInstant(at) &&
    typeof node?.name === 'string' &&
    Array.isArray(notifications) &&
    notifications.every(
      (each: Partial<Dispatch['notifications'][number]> | null) =>
        ['raised', 'repeated', 'cleared', 'event'].includes(each?.status ?? '') &&
        isInstant(each?.since) &&
        isAlert(each?.alert),
    )
  );
}
