import type { ClockAccepted } from '../../domain/model/status.ts';
import { askNode } from '../ask.ts';
import { type Context, print } from '../context.ts';

/** `certagent clock accept`: a time of the future that this clock showed once does not count any more. */
export async function run(context: Context): Promise<number> {
  const { answer } = await askNode(context, (node) => node.acceptClock());
  print(context, answer, () => text(answer));
  return 0;
}

function text({ at, takenBack }: ClockAccepted): string {
  const now = `The clock is accepted: ${new Date(at).toISOString()}.`;
  return takenBack === null
    ? `${now} certagent has seen no later time.`
    : `${now} certagent ignores the later time that it had seen: ${new Date(takenBack).toISOString()}.`;
}
