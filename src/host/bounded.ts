/** As `Promise.all(items.map(act))`, with at most `limit` under way at once, so that many files do not mean many open ones. */
export async function mapBounded<In, Out>(
  items: readonly In[],
  limit: number,
  act: (item: In) => Promise<Out>,
): Promise<Out[]> {
  const results = new Array<Out>(items.length);
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const at = next;
      next += 1;
      results[at] = await act(items[at] as In);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}
