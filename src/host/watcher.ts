export type Watch = { close(): Promise<void> };

/**
 * Calls `changed` with what changed below the given paths of this machine (files or directories, which need not exist yet),
 * after `settle` milliseconds without a change, at the latest after five times that. chokidar sees in-place writes, atomic
 * replacements, and directories that are removed and made again; the regular check finds what it misses. `failed` is called
 * once when the operating system refuses to watch (inotify's limits): then only the schedule checks.
 */
export async function watchPaths(
  paths: string[],
  options: { settle: number; changed: (paths: string[]) => void; failed: (error: Error) => void },
): Promise<Watch> {
  const { watch } = await import('chokidar');
  const settled = settle(options.settle, options.changed);
  const watcher = watch(paths, { ignoreInitial: true, persistent: true, followSymlinks: false, depth: 4 });
  watcher.on('all', (_event, path) => settled.note(path));
  let failed = false;
  watcher.on('error', (error) => {
    // Every directory meets the limit again; one report is enough.
    if (!failed) options.failed(error instanceof Error ? error : new Error(String(error)));
    failed = true;
  });
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
