import type { Stats } from 'node:fs';
import { FIRST_PERSON, ownUser } from './processes.ts';

export type Watch = { close(): Promise<void> };

/**
 * Files and directories that are watched at most. Each takes one of root's inotify watches, which the kubelet and systemd need
 * as well, and a thousand bytes.
 */
const MOST = 20_000;

/**
 * Calls `changed` with what changed below the given paths of this machine (files or directories, which need not exist yet),
 * after `settle` milliseconds without a change, at the latest after five times that. chokidar sees in-place writes, atomic
 * replacements, and directories that are removed and made again; the regular check finds what it misses. `failed` is called
 * once when the operating system refuses to watch (inotify's limits): then only the schedule checks.
 */
export async function watchPaths(
  paths: string[],
  options: { settle: number; changed: (paths: string[]) => void; failed: (error: Error) => void; most?: number },
): Promise<Watch> {
  const { watch } = await import('chokidar');
  const settled = settle(options.settle, options.changed);
  const { most = MOST } = options;
  let failed = false;
  const fail = (error: unknown) => {
    // Every directory meets the limit again; one report is enough.
    if (!failed) options.failed(error instanceof Error ? error : new Error(String(error)));
    failed = true;
  };
  const watched = new Set<string>();
  const ignored = (path: string, stats?: Stats): boolean => {
    if (stats === undefined || watched.has(path)) return false;
    // What is in it, and how much, is up to its owner; the regular check reads what of it is to be watched.
    if (stats.isDirectory() && isOfPerson(stats) && !paths.includes(path)) return true;
    if (watched.size >= most) {
      fail(new Error(`there are more than ${most} of them`));
      return true;
    }
    watched.add(path);
    return false;
  };
  const watcher = watch(paths, { ignoreInitial: true, persistent: true, followSymlinks: false, depth: 4, ignored });
  watcher.on('all', (event, path) => {
    if (event === 'unlink' || event === 'unlinkDir') watched.delete(path);
    settled.note(path);
  });
  watcher.on('error', fail);
  await new Promise<void>((resolve) => {
    watcher.once('ready', resolve);
    watcher.once('error', () => resolve());
  });
  return {
    close: async () => {
      settled.stop();
      await watcher.close();
    },
  };
}

const isOfPerson = ({ uid }: Stats): boolean => uid >= FIRST_PERSON && uid !== ownUser;

/** Collects paths and delivers them together after a quiet moment. */
function settle(quiet: number, deliver: (paths: string[]) => void): { note(path: string): void; stop(): void } {
  const noted = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let firstAt = 0;
  const fire = () => {
    const paths = [...noted];
    noted.clear();
    deliver(paths);
  };
  return {
    note(path) {
      if (noted.size === 0) firstAt = performance.now();
      noted.add(path);
      clearTimeout(timer);
      timer = setTimeout(fire, Math.max(0, Math.min(quiet, firstAt + 5 * quiet - performance.now())));
    },
    stop() {
      clearTimeout(timer);
      noted.clear();
    },
  };
}
