import type { Progress } from '../domain/model/journal.ts';
import { waitsForTurn } from './held.ts';
import type { NodeTurn } from './node-turn.ts';

/** What a person asks for, tried again as soon as this node's turn has come. `attempt`: null when nothing was renewed. */
export function inItsTurn<T>(
  turn: Pick<NodeTurn, 'attended' | 'come' | 'isHeld'>,
  attempt: () => Promise<T | null>,
  progress: (progress: Progress) => void,
): Promise<T | null> {
  return turn.attended(async () => {
    for (;;) {
      const outcome = await attempt();
      if (outcome !== null || !turn.isHeld()) return outcome;
      await turn.come((why) => progress(waitsForTurn(why)));
    }
  });
}
