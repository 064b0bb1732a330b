import { askNode } from '../ask.ts';
import { type Context, isData, print } from '../context.ts';
import { renderAttempt } from '../render/attempt.ts';
import { scrub } from '../render/paint.ts';
import { attemptText } from '../render/sections.ts';
import { fold } from '../render/table.ts';
import { timesIn } from '../render/time.ts';

export async function run(context: Context): Promise<number> {
  const { argument: plan, output, paint, width } = context;
  if (plan !== undefined) return one(context, plan);
  const { answer } = await askNode(context, async (node) => {
    const history = await node.history();
    if (isData(output)) return { history, zone: 'UTC' };
    return { history, zone: (await node.status()).node.timeZone };
  });
  print(context, answer.history, () => {
    const attempts = scrub(answer.history.attempts);
    const view = { paint, width, times: timesIn(answer.zone, Date.now()) };
    if (attempts.length === 0) return 'No renewal has run yet.';
    const lines = attempts.map((attempt) => `${attemptText(attempt, view)}; plan ${attempt.planId}`);
    return [
      ...lines.map((line) => fold(line, width)),
      paint('dim', 'One of them step by step: certagent history PLAN'),
    ].join('\n');
  });
  return 0;
}

async function one(context: Context, plan: string): Promise<number> {
  const { paint, width } = context;
  const { answer } = await askNode(context, async (node) => ({
    report: await node.attempt({ plan }),
    zone: isData(context.output) ? 'UTC' : (await node.status()).node.timeZone,
  }));
  print(context, answer.report, () => renderAttempt(answer.report, answer.zone, { paint, width }));
  return 0;
}
