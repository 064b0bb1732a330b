/** Work that is done in turn, one piece at a time, in the order in which it was asked for. */
export type Turns = {
  exclusive<T>(work: () => Promise<T>): Promise<T>;
  /** A task that many ask for: requests that come while it waits for its turn join it, those that come later share one more run. */
  shared<T>(task: () => Promise<T>): () => Promise<T>;
  /** Resolves when everything that was asked for before is done. */
  idle(): Promise<void>;
};

export function makeTurns(): Turns {
  let tail: Promise<unknown> = Promise.resolve();
  const exclusive = <T>(work: () => Promise<T>): Promise<T> => {
    const result = tail.then(work);
    // What fails, fails for who asked for it, and not for the next.
    tail = result.catch(() => {});
    return result;
  };
  return {
    exclusive,
    shared(task) {
      let waiting: ReturnType<typeof task> | null = null;
      return () => {
        waiting ??= exclusive(() => {
          waiting = null;
          return task();
        });
        return waiting;
      };
    },
    idle: async () => {
      await tail;
    },
  };
}
