import type { ControlHandlers } from '../../control/handlers.ts';
import type { PlanReport } from '../../domain/model/status.ts';
import { agreed } from '../agreed.ts';
import { askNode } from '../ask.ts';
import { type Context, jsonText } from '../context.ts';
import { progressLine } from '../progress.ts';
import { scrub } from '../render/paint.ts';
import { renderPlan } from '../render/plan.ts';
import { outcomeLines } from '../render/renewal-lines.ts';
import { timesIn } from '../render/time.ts';

const BLOCKED = 4;

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
    if (!forPerson) context.stdout.write(`${jsonText(planned)}\n`);
    return BLOCKED;
  }
  if (planned.plan === null) {
    if (!forPerson) context.stdout.write('null\n');
    return 0;
  }
  if (!(await agreed('Run this plan?', context))) {
    context.stdout.write('Nothing was changed.\n');
    return 1;
  }
  const line = progressLine(context);
  try {
    const accepts = request.force && context.options.yes === true;
    const outcome = await node.renew({ ...request, accepts }, (progress) => line.show(scrub(progress)));
    line.end();
    report(context, planned, outcome);
    return outcome === null || outcome.result === 'succeeded' ? 0 : 1;
  } finally {
    line.end();
  }
}

function report(
  { output, paint, stdout }: Context,
  { node }: PlanReport,
  outcome: Awaited<ReturnType<ControlHandlers['renew']>>,
): void {
  if (output === 'json') {
    stdout.write(`${jsonText(outcome)}\n`);
    return;
  }
  const now = Date.now();
  stdout.write(`${outcomeLines(scrub(outcome), now, { paint, times: timesIn(node.timeZone, now) }).join('\n')}\n`);
}
