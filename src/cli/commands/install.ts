import { resolve } from 'node:path';
import type { ControlHandlers } from '../../control/handlers.ts';
import { readAnswers } from '../../host/exchange-files.ts';
import { askNode } from '../ask.ts';
import { type Context, jsonText, usage } from '../context.ts';
import { renderInstall } from '../render/signing.ts';
import { BLOCKED, runPlan } from '../run-plan.ts';

/** This process reads the files: the daemon's sandbox does not show it every directory. */
export async function run(context: Context): Promise<number> {
  if (context.words.length === 0)
    throw usage('certagent install needs the signed certificates', 'Name files or directories: certagent install DIR');
  const { answer } = await askNode(context, (node) => installOn(node, context));
  return answer;
}

async function installOn(node: ControlHandlers, context: Context): Promise<number> {
  const { paint, width, stdout } = context;
  const isForPerson = context.output === 'text';
  const files = await readAnswers(context.words.map((word) => resolve(word)));
  const planned = await node.installPlan({ files });
  if (isForPerson) stdout.write(renderInstall(planned, { paint, width }));
  if (planned.plan === null) {
    if (!isForPerson) stdout.write(`${jsonText(planned)}\n`);
    return BLOCKED;
  }
  return runPlan(context, planned.node.timeZone, (progress) => node.install({ files }, progress));
}
