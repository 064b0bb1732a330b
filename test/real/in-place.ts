// A running K3s gets its certificates without a restart (renew.k3s = "in-place").
import { journal } from '../e2e/support.ts';
import { incarnation, type RealNode } from './k3s.ts';
import { due, type Outcome, renewed, type Scene } from './play.ts';

const CONFIG = '[renew]\nk3s = "in-place"\n';

export const IN_PLACE: Scene[] = [{ name: 'in place: renewed without a restart', play: renewedInPlace }];

async function renewedInPlace(node: RealNode): Promise<Outcome> {
  await due(node, undefined, CONFIG);
  const before = await incarnation(node.machine);
  const outcome = await renewed(node, 'renewed by the same process');
  outcome.problems.push(...(await notInPlace(node, before)));
  if (outcome.away !== 0) outcome.problems.push(`the API was away for ${outcome.away} s`);
  return outcome;
}

/** What shows that the process of K3s is another one, or that the plan was another one. */
async function notInPlace(node: RealNode, before: string): Promise<string[]> {
  const problems: string[] = [];
  if ((await incarnation(node.machine)) !== before) problems.push('k3s was restarted');
  const records = journal(node);
  const plan = records.find((record) => record.type === 'plan-started');
  const kinds = plan?.type === 'plan-started' ? plan.plan.steps.map(({ kind }) => kind) : [];
  if (!kinds.includes('install-rehearsed') || !kinds.includes('fetch-leaves'))
    problems.push(`the plan was not in place: ${kinds.join(', ')}`);
  for (const record of records)
    if (record.type === 'step-done') console.log(`  step ${record.step + 1}: ${record.detail}`);
  return problems;
}
