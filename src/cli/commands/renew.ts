import type { ControlHandlers } from '../../control/handlers.ts';
import { askNode } from '../ask.ts';
import { type Context, dataText } from '../context.ts';
import { renderPlan } from '../render/plan.ts';
import { BLOCKED, runPlan } from '../run-plan.ts';

export async function run(context: Context): Promise<number> {
  const { answer } = await askNode(context, (node) => renewOn(node, context));
  return answer;
}

async function renewOn(node: ControlHandlers, context: Context): Promise<number> {
  const request = { force: context.options.force === true };
  const forPerson = context.output === 'text';
  const planned = await node.plan(request);
  if (forPerson) context.stdout.write(renderPlan(planned, { paint: context.paint, width: context.width }));
  if (planned.running !== null || planned.renewal.kind === 'blocked') {
    if (!forPerson) context.stdout.write(`${dataText(context, planned)}\n`);
    return BLOCKED;
  }
  if (planned.plan === null) {
    if (!forPerson) context.stdout.write('null\n');
    return 0;
  }
  return runPlan(context, planned.node.timeZone, (progress) => node.renew(request, progress));
}
