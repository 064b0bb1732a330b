import { setImmediate as nextTurn } from 'node:timers/promises';

/** Milliseconds that other work of the daemon waits at most for one run of items that need no waiting. */
const TURN = 20;

/**
 * As `Promise.all(items.map(act))`, with at most `limit` under way at once, so that many files do not mean many open ones.
 * Items that are done without waiting do not keep the rest of the process from its work.
 */
export async function mapBounded<In, Out>(
  items: readonly In[],
  limit: number,
  act: (item: In) => Promise<Out>,
): Promise<Out[]> {
  const results = new Array<Out>(items.length);
  let next = 0;
  let since = performance.now();
  const worker = async () => {
    while (next < items.length) {
      const at = next;
      next += 1;
      results[at] = await act(items[at] as In);
      if (performance.now() - since > TURN) {
        // Set before too: one of the workers waits for all.
        since = performance.now();
        await nextTurn();
        since = performance.now();
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}
