/** What was read from a file, as long as its stamp is the same. Never anything secret. */
type Remembered = { stamp: string; said: unknown };

/** A Map that forgets the value that was used least recently when it holds more than `limit`. */
export class BoundedMap<K, V> {
  readonly #values = new Map<K, V>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: K): V | undefined {
    const value = this.#values.get(key);
    if (value !== undefined) this.set(key, value);
    return value;
  }

  set(key: K, value: V): void {
    this.#values.delete(key);
    this.#values.set(key, value);
    if (this.#values.size > this.#limit) this.#values.delete(this.#values.keys().next().value as K);
  }

  get size(): number {
    return this.#values.size;
  }
}

/** Some 5 MiB at most; a node has 20 to 60 such files. */
const FILES = 2_000;

/**
 * What earlier scans read. Only observe uses it: a renewal is verified with what is read afresh
 * (host/leaf.ts).
 */
export const memory = new BoundedMap<string, Remembered>(FILES);

/**
 * A file that changed just now can change again within the same tick of the file system's clock, and nothing would show
 * that. So can one whose time lies ahead of this machine's clock.
 */
export function isWorthRemembering(changedAt: number): boolean {
  return Date.now() - changedAt > SETTLED_AFTER;
}

const SETTLED_AFTER = 2_000;
