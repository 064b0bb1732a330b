import { makeTurns } from '../host/turns.ts';

/** What the agent does, one thing at a time. `request` asks for the regular check, `exclusive` for anything else. */
export function makeQueue<T>(check: () => Promise<T>): {
  request(): Promise<T>;
  exclusive<R>(other: () => Promise<R>): Promise<R>;
  idle(): Promise<void>;
} {
  const { exclusive, shared, idle } = makeTurns();
  return { request: shared(check), exclusive, idle };
}
