import type { ControlHandlers } from '../../control/handlers.ts';
import { askNode } from '../ask.ts';
import { type Context, dataText, print } from '../context.ts';
import { renderBackups, renderRestore } from '../render/restore.ts';
import { BLOCKED, runPlan } from '../run-plan.ts';

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
    if (!isForPerson) stdout.write(`${dataText(context, planned)}\n`);
    return planned.running !== null || planned.blockers.length > 0 ? BLOCKED : 0;
  }
  return runPlan(context, planned.node.timeZone, (progress) => node.restore({ plan }, progress));
}
