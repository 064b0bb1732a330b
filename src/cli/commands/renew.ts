import type { ControlHandlers } from '../../control/handlers.ts';
import { renewsAlong } from '../../domain/decide/refuse-name.ts';
import { rulesOfNode } from '../../domain/distributions/index.ts';
import { CertagentError } from '../../domain/model/errors.ts';
import type { PlanReport } from '../../domain/model/status.ts';
import { askNode } from '../ask.ts';
import { type Context, dataText } from '../context.ts';
import { renderPlan } from '../render/plan.ts';
import { fold } from '../render/table.ts';
import { BLOCKED, runPlan } from '../run-plan.ts';

export async function run(context: Context): Promise<number> {
  const { answer } = await askNode(context, (node) => renewOn(node, context));
  return answer;
}

async function renewOn(node: ControlHandlers, context: Context): Promise<number> {
  const { words, options, output, paint, width, stdout } = context;
  const named = [...new Set(words)];
  const request = { force: options.force === true, ...(named.length === 0 ? {} : { only: named }) };
  const forPerson = output === 'text';
  const planned = await node.plan(request);
  if (named.length > 0) requireLimited(named, planned);
  if (forPerson) stdout.write(renderPlan(planned, { paint, width }));
  if (planned.running !== null || planned.renewal.kind === 'blocked') {
    if (!forPerson) stdout.write(`${dataText(context, planned)}\n`);
    return BLOCKED;
  }
  if (planned.plan === null) {
    if (!forPerson) stdout.write('null\n');
    return 0;
  }
  const along = named.length === 0 ? null : renewsAlong(named, planned.plan.certificates, planned.node);
  if (along !== null && forPerson) stdout.write(`${fold(along, width)}\n`);
  const accepts = request.force && context.options.yes === true;
  return runPlan(context, planned.node.timeZone, (progress) => node.renew({ ...request, accepts }, progress));
}

/** A daemon of an earlier version knows no names, and would renew all. Throws CertagentError DAEMON_ANSWER. */
function requireLimited(named: readonly string[], { plan, node }: PlanReport): void {
  if (plan === null || rulesOfNode(node)?.renewsSingly !== true) return;
  if (plan.certificates.every((id) => named.includes(id))) return;
  throw new CertagentError('DAEMON_ANSWER', 'nothing was changed: the running daemon would renew more than was named', {
    remedy: 'Restart it, so that the installed version runs: systemctl restart certagent',
  });
}
