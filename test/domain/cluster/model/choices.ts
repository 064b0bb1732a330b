/** What an adversary decides in a run of the model. The first option is what usually happens. */
export type Choices = { pick<T>(what: string, options: readonly [T, ...T[]]): T; made: string[] };

/** Picks by chance; the same seed picks the same. `calm`: how often the usual option is taken all the same. */
export function chance(seed: number, calm: number): Choices {
  const made: string[] = [];
  const random = generator(seed);
  return {
    made,
    pick(what, options) {
      const usual = random() < calm;
      const at = usual ? 0 : Math.floor(random() * options.length);
      made.push(`${what}: ${options[at]}`);
      return options[at]!;
    },
  };
}

/**
 * Every run that differs from the usual one in at most `most` choices among the first `depth`, each of them once. `run` gets the
 * choices; what it returns is passed on; a run that returns something ends the search.
 */
export function everyRun<Found>(most: number, depth: number, run: (choices: Choices) => Found | null) {
  let runs = 0;
  const explore = (fixed: Map<number, number>, from: number): Found | null => {
    const widths: number[] = [];
    const made: string[] = [];
    runs += 1;
    const found = run({
      made,
      pick(what, options) {
        const at = fixed.get(widths.length) ?? 0;
        widths.push(options.length);
        made.push(`${what}: ${options[at]}`);
        return options[at]!;
      },
    });
    if (found !== null || fixed.size === most) return found;
    for (let index = from; index < Math.min(widths.length, depth); index++)
      for (let at = 1; at < widths[index]!; at++) {
        const deeper = explore(new Map([...fixed, [index, at]]), index + 1);
        if (deeper !== null) return deeper;
      }
    return null;
  };
  const found = explore(new Map(), 0);
  return { found, runs };
}

/** mulberry32: small, and good enough to choose with. */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
