/**
 * The same answer for everybody who asks while it is being made, and for `fresh` milliseconds afterwards, a failure too:
 * however often it is asked for, it is made at most once in that time. `key` tells apart what is asked for.
 */
export function coalesced<A extends unknown[], T>(
  make: (...args: A) => Promise<T>,
  fresh: number,
  key: (...args: A) => string = () => '',
): (...args: A) => Promise<T> {
  const kept = new Map<string, Promise<T>>();
  return (...args) => {
    const name = key(...args);
    const known = kept.get(name);
    if (known !== undefined) return known;
    const answer = make(...args);
    kept.set(name, answer);
    const forget = () => void setTimeout(() => kept.delete(name), fresh).unref();
    answer.then(forget, forget);
    return answer;
  };
}
