/**
 * Runs one task at a time. `request` asks for the standing task: requests that come while it waits join it, and those
 * that come while it runs share one more run. `exclusive` runs something else in turn.
 */
export function makeQueue<T>(task: () => Promise<T>): {
  request(): Promise<T>;
  exclusive<R>(other: () => Promise<R>): Promise<R>;
  idle(): Promise<void>;
} {
  let tail: Promise<unknown> = Promise.resolve();
  let waiting: Promise<T> | null = null;
  const enqueue = <R>(work: () => Promise<R>): Promise<R> => {
    const result = tail.then(work);
    tail = result.catch(() => {});
    return result;
  };
  return {
    request() {
      waiting ??= enqueue(() => {
        waiting = null;
        return task();
      });
      return waiting;
    },
    exclusive: enqueue,
    idle: async () => {
      await tail;
    },
  };
}
