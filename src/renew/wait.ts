import { setTimeout as sleep } from 'node:timers/promises';

type Waiting = {
  limit: number;
  interval: number;
  waiting: (detail: string) => void;
  /** Aborted: the wait is over at once, as if `limit` had passed. */
  signal?: AbortSignal | undefined;
};

/**
 * Calls `look` until it has an answer (anything but a text, which says what it still waits for), or until `limit`
 * milliseconds have passed: then the last text is the answer. It calls at least once, and once more at the end. The first
 * pauses are an eighth, a quarter and a half of `interval`: most of what is waited for is there at once.
 */
export async function until<Answer extends object>(
  look: () => Promise<Answer | string>,
  options: Waiting,
): Promise<Answer | string> {
  const deadline = performance.now() + options.limit;
  for (let pause = options.interval / 8; ; pause = Math.min(2 * pause, options.interval)) {
    const answer = await look();
    if (typeof answer !== 'string') return answer;
    const left = deadline - performance.now();
    if (left <= 0 || options.signal?.aborted === true) return answer;
    options.waiting(answer);
    await sleep(Math.min(pause, left), undefined, options.signal === undefined ? {} : { signal: options.signal }).catch(
      () => {},
    );
  }
}

/**
 * As `until`, until `look` sees one process for `lasting` milliseconds, at least twice in a row: one good sight can be of a
 * process that is about to exit. `look` gives a name of the process that is ready, or a text that says what it still waits
 * for. null: it stayed; otherwise the last text.
 */
export async function untilSteady(
  look: () => Promise<{ process: string } | string>,
  options: Waiting & { lasting: number; otherwise: string },
): Promise<string | null> {
  let last: { process: string; since: number } | null = null;
  const answer = await until(async () => {
    const seen = await look();
    if (typeof seen === 'string') {
      last = null;
      return seen;
    }
    if (last?.process !== seen.process) {
      last = { ...seen, since: performance.now() };
      return options.otherwise;
    }
    return performance.now() - last.since >= options.lasting ? {} : options.otherwise;
  }, options);
  return typeof answer === 'string' ? answer : null;
}

/** A stop-watch for details such as "back after 3.1 s". */
export function stopwatch(): () => string {
  const started = performance.now();
  return () => `${((performance.now() - started) / 1000).toFixed(1)} s`;
}
