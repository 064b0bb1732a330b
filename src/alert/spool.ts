import { mkdir, readdir, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dispatch } from '../domain/alerts/alert.ts';
import { errorCode } from '../domain/model/errors.ts';
import { readSmall, removeTemporaries, syncDirectory, writeAtomic } from '../host/files.ts';
import { makeTurns } from '../host/turns.ts';
import { isAlert, isInstant, isNode } from './book.ts';
import { merge } from './merge.ts';
import { isSameNode } from './moved.ts';

/** So many dispatches wait for one sink; what comes after is summed up in the last. */
const MOST = 50;
const LIMIT = 4 * 1024 * 1024;
const VERSION = 1;

export type Waiting = {
  name: string;
  dispatch: Dispatch;
  /**
   * Milliseconds that certagent has tried to deliver it, by the monotonic clock, the tries of earlier processes included. The
   * clock on the wall would drop it when it is set, and the time that the node is off is no try.
   */
  tried: number;
};

/** What waits for one sink, oldest first, on disk. */
export type Spool = {
  /** Resolves when the dispatch would survive a power loss; `kept: 'memory'` when the disk refused (its error in `why`). */
  add(dispatch: Dispatch): Promise<{ kept: 'disk' | 'memory'; why: string }>;
  /** The oldest; null when nothing waits. The one it gave is not changed by `add`. */
  first(): Promise<Waiting | null>;
  /** Saves for how long delivery was tried, so that the next process continues the count. */
  failed(name: string): Promise<void>;
  remove(name: string): Promise<void>;
  size(): number;
};

export type SpoolOptions = {
  monotonic?: () => number;
  /** Called with the name of a file that is put aside: damaged, or of a newer certagent. */
  putAside?: (name: string) => void;
};

type Entry = { dispatch: Dispatch; tried: number };

/** Opens, and if need be makes, the directory (a path of this machine). Files that are not certagent's are left alone. */
export async function openSpool(directory: string, options: SpoolOptions = {}): Promise<Spool> {
  const { monotonic = () => performance.now(), putAside = () => {} } = options;
  await removeTemporaries(directory);
  const names = await readdir(directory).catch(() => [] as string[]);
  const waiting = names.filter((name) => /^\d{15}-[\w-]+\.json$/.test(name)).sort();
  /** What the disk refused: better sent late than lost. */
  const inMemory = new Map<string, Entry>();
  /** Since when this process counts for each. */
  const since = new Map(waiting.map((name) => [name, monotonic()]));
  let lastTime = Number(waiting.at(-1)?.slice(0, 15) ?? 0);
  // One after the other: `add` reads and rewrites the last file.
  const { exclusive: inTurn } = makeTurns();

  const read = async (name: string): Promise<Entry | 'damaged' | 'newer'> =>
    inMemory.get(name) ?? readEntry(join(directory, name));
  const write = async (name: string, entry: Entry): Promise<{ kept: 'disk' | 'memory'; why: string }> => {
    since.set(name, monotonic());
    try {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await writeAtomic(join(directory, name), textOf(entry), { mode: 0o600 });
      inMemory.delete(name);
      return { kept: 'disk', why: '' };
    } catch (error) {
      inMemory.set(name, entry);
      return { kept: 'memory', why: errorCode(error) };
    }
  };
  const triedSoFar = (name: string, { tried }: Entry): number => tried + monotonic() - (since.get(name) ?? monotonic());

  return {
    add: (dispatch) =>
      inTurn(async () => {
        const last = waiting.length >= MOST ? waiting.at(-1)! : null;
        const before = last === null ? 'damaged' : await read(last);
        // What clears alerts of a previous identity is sent under that.
        if (last !== null && typeof before !== 'string' && isSameNode(before.dispatch.node, dispatch.node))
          return write(last, { dispatch: merge(before.dispatch, dispatch), tried: 0 });
        // Two in one millisecond, or a clock set back: the order they came in is kept.
        lastTime = Math.max(dispatch.at, lastTime + 1);
        const name = `${String(lastTime).padStart(15, '0')}-${dispatch.id}.json`;
        const result = await write(name, { dispatch, tried: 0 });
        waiting.push(name);
        return result;
      }),
    first: () =>
      inTurn(async () => {
        for (let name = waiting[0]; name !== undefined; name = waiting[0]) {
          const entry = await read(name);
          if (typeof entry !== 'string') return { name, dispatch: entry.dispatch, tried: triedSoFar(name, entry) };
          // Kept for a person, and out of the others' way.
          await rename(join(directory, name), join(directory, `${name}.${entry}`)).catch(() => {});
          putAside(`${name}.${entry}`);
          waiting.shift();
        }
        return null;
      }),
    failed: (name) =>
      inTurn(async () => {
        const entry = waiting.includes(name) ? await read(name) : 'damaged';
        if (typeof entry !== 'string') await write(name, { ...entry, tried: triedSoFar(name, entry) });
      }),
    remove: (name) =>
      inTurn(async () => {
        const index = waiting.indexOf(name);
        if (index >= 0) waiting.splice(index, 1);
        since.delete(name);
        inMemory.delete(name);
        // One that the disk refused to rewrite is in both places.
        await unlink(join(directory, name)).catch(() => {});
        await syncDirectory(directory).catch(() => {});
      }),
    size: () => waiting.length,
  };
}

/** The dispatch's own keys stay at the top, where every version looks for them. */
function textOf({ dispatch, tried }: Entry): string {
  return `${JSON.stringify({ version: VERSION, tried: Math.round(tried), ...dispatch })}\n`;
}

async function readEntry(path: string): Promise<Entry | 'damaged' | 'newer'> {
  try {
    const { version, tried, ...dispatch } = JSON.parse((await readSmall(path, LIMIT)).bytes.toString('utf8'));
    if (typeof version === 'number' && version > VERSION) return 'newer';
    return isDispatch(dispatch) ? { dispatch, tried: typeof tried === 'number' && tried > 0 ? tried : 0 } : 'damaged';
  } catch {
    return 'damaged';
  }
}

/** Whether everything is there that a sink makes its message of: without it, the message would fail for a week and hold up the rest. */
function isDispatch(value: unknown): value is Dispatch {
  const { id, at, node, notifications, runbooks } = (value ?? {}) as Partial<Dispatch>;
  return (
    typeof id === 'string' &&
    isInstant(at) &&
    ['string', 'undefined'].includes(typeof runbooks) &&
    isNode(node) &&
    Array.isArray(notifications) &&
    notifications.every(
      (each: Partial<Dispatch['notifications'][number]> | null) =>
        ['raised', 'repeated', 'cleared', 'event'].includes(each?.status ?? '') &&
        isInstant(each?.since) &&
        isAlert(each?.alert),
    )
  );
}
