import type { ControlHandlers } from '../../control/handlers.ts';
import { agreed } from '../agreed.ts';
import { askNode } from '../ask.ts';
import { type Context, jsonText, print } from '../context.ts';
import { progressLine } from '../progress.ts';
import { scrub } from '../render/paint.ts';
import { outcomeLines } from '../render/renewal-lines.ts';
import { renderBackups, renderRestore } from '../render/restore.ts';
import { timesIn } from '../render/time.ts';

const BLOCKED = 4;

/** Without an argument a list; with one as `certagent renew`. */
export async function run(context: Context): Promise<number> {
  const { argument: plan, paint, width } = context;
  if (plan === undefined) {
    const { answer } = await askNode(context, (node) => node.backups());
    print(context, answer, () => renderBackups(answer, { paint, width }));
    return 0;
  }
  const { answer } = await askNode(context, (node) => restoreOn(node, plan, context));
  return answer;
}

async function restoreOn(node: ControlHandlers, plan: string, context: Context): Promise<number> {
  const { paint, width, stdout } = context;
  const isForPerson = context.output === 'text';
  const planned = await node.restorePlan({ plan });
  if (isForPerson) stdout.write(renderRestore(planned, { paint, width }));
  if (planned.plan === null) {
    if (!isForPerson) stdout.write(`${jsonText(planned)}\n`);
    return planned.running !== null || planned.blockers.length > 0 ? BLOCKED : 0;
  }
  if (!(await agreed('Run this plan?', context))) {
    stdout.write('Nothing was changed.\n');
    return 1;
  }
  const line = progressLine(context);
  try {
    const outcome = await node.restore({ plan }, (progress) => line.show(scrub(progress)));
    line.end();
    const now = Date.now();
    const times = timesIn(planned.node.timeZone, now);
    stdout.write(
      isForPerson ? `${outcomeLines(scrub(outcome), now, { paint, times }).join('\n')}\n` : `${jsonText(outcome)}\n`,
    );
    return outcome === null || outcome.result === 'succeeded' ? 0 : 1;
  } finally {
    line.end();
  }
}
