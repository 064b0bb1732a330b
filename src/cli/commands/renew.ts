import type { ControlHandlers } from '../../control/handlers.ts';
import { renewsAlong } from '../../domain/decide/refuse-name.ts';
import { rulesOfNode } from '../../domain/distributions/index.ts';
import { CertagentError } from '../../domain/model/errors.ts';
import { brokenReport, endedReport, plannedReport, type RenewReport } from '../../domain/model/renew-report.ts';
import type { PlanReport } from '../../domain/model/status.ts';
import { askNode } from '../ask.ts';
import { type Context, dataText, isData } from '../context.ts';
import { errorFacts } from '../render/error-text.ts';
import { renderPlan } from '../render/plan.ts';
import { fold } from '../render/table.ts';
import { BLOCKED, runPlan } from '../run-plan.ts';

export async function run(context: Context): Promise<number> {
  const known: Known = { report: null };
  try {
    const { answer } = await askNode(context, (node) => renewOn(node, context, known));
    return answer;
  } catch (error) {
    // One document on standard output, whatever happens; the error is on standard error too, as of every command.
    if (isData(context.output)) {
      const report = brokenReport(known.report, Date.now(), errorFacts(error));
      context.stdout.write(`${dataText(context, report)}\n`);
    }
    throw error;
  }
}

type Known = { report: RenewReport | null };

async function renewOn(node: ControlHandlers, context: Context, known: Known): Promise<number> {
  const { words, options, paint, width, stdout } = context;
  const named = [...new Set(words)];
  const request = { force: options.force === true, ...(named.length === 0 ? {} : { only: named }) };
  const planned = await node.plan(request);
  const report = plannedReport(planned);
  known.report = report;
  if (named.length > 0) requireLimited(named, planned);
  const forPerson = !isData(context.output);
  if (forPerson) stdout.write(renderPlan(planned, { paint, width }));
  if (planned.plan === null || report.result === 'running' || report.result === 'blocked') {
    if (!forPerson) stdout.write(`${dataText(context, report)}\n`);
    return report.result === 'nothing-due' ? 0 : BLOCKED;
  }
  const along = named.length === 0 ? null : renewsAlong(named, planned.plan.certificates, planned.node);
  if (along !== null && forPerson) stdout.write(`${fold(along, width)}\n`);
  const accepts = request.force && context.options.yes === true;
  return runPlan(
    context,
    planned.node.timeZone,
    (progress) => node.renew({ ...request, accepts }, progress),
    (outcome) => endedReport(report, outcome),
  );
}

/** A daemon of an earlier version knows no names, and would renew all. Throws CertagentError DAEMON_ANSWER. */
function requireLimited(named: readonly string[], { plan, node }: PlanReport): void {
  if (plan === null || rulesOfNode(node)?.renewsSingly !== true) return;
  if (plan.certificates.every((id) => named.includes(id))) return;
  throw new CertagentError('DAEMON_ANSWER', 'nothing was changed: the running daemon would renew more than was named', {
    remedy: 'Restart it, so that the installed version runs: systemctl restart certagent',
  });
}
