import { SECOND } from '../time/duration.ts';
import { type Memory, mayDisturb } from './memory.ts';
import type { Clocks } from './seen.ts';
import type { Go } from './turn.ts';

/** A node that is down may come back: what rests on that is asked again after so long. */
const DOWN_IS_KNOWN_FOR = 15 * SECOND;

/**
 * Whether a step that stops something may begin now. Asked before each of them, with the clock of that moment; if not, the
 * cluster is observed and `coordinate` asked again, in phase `wants`. A slot is long enough for the whole plan.
 */
export function mayBegin({ how, asked }: Go, memory: Memory, clocks: Clocks): boolean {
  if (how === 'lease') return mayDisturb(memory, clocks);
  return how !== 'down-already' || clocks.steady < asked + DOWN_IS_KNOWN_FOR;
}
