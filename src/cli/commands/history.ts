import { askNode } from '../ask.ts';
import { type Context, isData, print } from '../context.ts';
import { scrub } from '../render/paint.ts';
import { attemptText } from '../render/sections.ts';
import { timesIn } from '../render/time.ts';

export async function run(context: Context): Promise<number> {
  const { answer } = await askNode(context, async (node) => {
    const history = await node.history();
    if (isData(context.output)) return { history, zone: 'UTC' };
    return { history, zone: (await node.status()).node.timeZone };
  });
  print(context, answer.history, () => {
    const attempts = scrub(answer.history.attempts);
    const view = { paint: context.paint, times: timesIn(answer.zone, Date.now()) };
    if (attempts.length === 0) return 'No renewal has run yet.';
    return attempts.map((attempt) => attemptText(attempt, view)).join('\n');
  });
  return 0;
}
