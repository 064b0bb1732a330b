import type { ChildProcess } from 'node:child_process';
import { type HelperProcess, type Reply, spawnHelper, startHelperProcess } from '../host/helper-process.ts';
import { PROGRAMS } from '../host/programs.ts';
import { LOOK_HELPER } from '../host/self.ts';
import { fileSystems, isSilent, noteSilence } from '../host/silent.ts';

// What is at the places where copies may be, read without opening anything. The helper process may hang.

/** `stamp` changes whenever the file's content, name, owner or mode may have; `file` is the same for two names of one file. */
export type Facts = {
  uid: number;
  isDirectory: boolean;
  isFile: boolean;
  isLink: boolean;
  file: string;
  stamp: string;
  modifiedAt: number;
};

/**
 * Paths of this machine. `home`: of a copy at ~/.kube/config, so that nothing is followed below it; null: of any other
 * path. `always`: report it also when nothing is there.
 */
export type LookItem = { home: string | null; copy: string; always: boolean };

/** `unknown`: root may not look there (a network file system). `link`: what a symbolic link says. */
export type Sight = {
  home: Facts | 'absent' | 'unknown' | null;
  copy: Facts | 'absent' | 'unknown';
  link: string | null;
  backupAt: number | null;
};

export type LookRequest = { do: 'look'; items: LookItem[] } | { do: 'list'; directory: string };

/** `silent`: its file system does not answer, `failed`: it could not be asked; `key` is the same for one file system. */
export type Seen = Sight | { is: 'silent' | 'failed'; key: string };

/** Milliseconds without a sign of life after which a file system counts as silent. */
const PATIENCE = PROGRAMS.lookHelper.limit;
/** File systems that are asked at the same time, once one has been found silent. */
const AT_ONCE = 8;
/** Items of one request. */
const BATCH = 1_000;
const ABSENT: Sight = { home: 'absent', copy: 'absent', link: null, backupAt: null };

/**
 * Reads all items with one helper process. When that does not answer, the rest of the items is read again, one process
 * for each file system, and what is on the silent one is not read again. The result has the order of the items.
 */
export async function lookAt(items: LookItem[], lookers: Lookers): Promise<Seen[]> {
  const seen: Seen[] = new Array<Seen>(items.length).fill(ABSENT);
  const keyOf = await fileSystems();
  const keys = items.map(({ copy }) => keyOf(copy));
  const asked = items.map((_, index) => index).filter((index) => !isSilent(keys[index]!));
  let groups = [asked];
  while (groups.length > 0) {
    const rest = await inTurns(groups, (group) => lookThrough(items, group, keys, seen, lookers));
    const left = rest.flat().filter((index) => !isSilent(keys[index]!));
    groups = [...Map.groupBy(left, (index) => keys[index]).values()];
  }
  for (const [index, key] of keys.entries())
    if (isSilent(key) && seen[index] === ABSENT) seen[index] = { is: 'silent', key };
  return seen;
}

/** Names of the directories in a directory of this machine; none when it cannot be listed, or does not answer. */
export async function listDirectory(directory: string, lookers: Lookers): Promise<string[]> {
  const key = (await fileSystems())(directory);
  if (isSilent(key)) return [];
  const looker = lookers.take();
  const reply = await looker.helper.ask({ do: 'list', directory } satisfies LookRequest, PATIENCE, () => {});
  if (reply.is === 'silent') noteSilence(key, looker.child);
  if (reply.is === 'answer') lookers.keep(looker);
  else looker.helper.end();
  return reply.is === 'answer' ? (reply.value as string[]) : [];
}

type Looker = { child: ChildProcess; helper: HelperProcess };

/** Helper processes that have answered look again: a start of the executable takes longer than all that they look at. */
export type Lookers = { take(): Looker; keep(looker: Looker): void; end(): void };

export function makeLookers(): Lookers {
  let idle: Looker[] = [];
  return {
    take: () => idle.pop() ?? startLooker(),
    keep: (looker) => void idle.push(looker),
    end: () => {
      for (const { helper } of idle) helper.end();
      idle = [];
    },
  };
}

function startLooker(): Looker {
  const child = spawnHelper(LOOK_HELPER);
  return { child, helper: startHelperProcess(child) };
}

/** Returns the items that are still to be read. */
async function lookThrough(
  items: LookItem[],
  group: number[],
  keys: string[],
  seen: Seen[],
  lookers: Lookers,
): Promise<number[]> {
  if (group.length === 0) return [];
  const { child, helper } = lookers.take();
  try {
    for (let start = 0; start < group.length; start += BATCH) {
      const batch = group.slice(start, start + BATCH);
      let at = -1;
      const note = (index: number, sight: Sight | null) => {
        at = index;
        if (sight !== null) seen[batch[index]!] = sight;
      };
      const reply = await ask(
        helper,
        batch.map((index) => items[index]!),
        note,
      );
      if (reply.is === 'answer') continue;
      if (reply.is === 'silent' && at >= 0) {
        const index = batch[at]!;
        // Read again: what hangs may have been mounted since.
        keys[index] = (await fileSystems())(items[index]!.copy);
        noteSilence(keys[index], child);
        seen[index] = { is: 'silent', key: keys[index] };
        return group.slice(start + at + 1);
      }
      for (const index of group.slice(start + Math.max(at, 0))) seen[index] = { is: 'failed', key: keys[index]! };
      return [];
    }
    return [];
  } finally {
    helper.end();
  }
}

type Progress = number | { index: number; sight: Sight };

function ask(
  helper: HelperProcess,
  items: LookItem[],
  note: (index: number, sight: Sight | null) => void,
): Promise<Reply> {
  return helper.ask({ do: 'look', items } satisfies LookRequest, PATIENCE, (value) => {
    const progress = value as Progress;
    if (typeof progress === 'number') note(progress, null);
    else note(progress.index, progress.sight);
  });
}

async function inTurns<T, R>(items: T[], act: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) results.push(await act(item));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}
