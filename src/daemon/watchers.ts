import type { Progress } from '../domain/model/journal.ts';

type Watcher = (progress: Progress) => void;

/** Who watches a plan while it runs. */
export type Watchers = {
  /** Shows `watcher` the progress of whatever runs until `act` has ended. */
  watched<T>(watcher: Watcher, act: () => Promise<T>): Promise<T>;
  show: Watcher;
};

export function makeWatchers(): Watchers {
  const watchers = new Set<Watcher>();
  return {
    async watched(watcher, act) {
      watchers.add(watcher);
      try {
        return await act();
      } finally {
        watchers.delete(watcher);
      }
    },
    show: (progress) => {
      for (const watcher of watchers) watcher(progress);
    },
  };
}
