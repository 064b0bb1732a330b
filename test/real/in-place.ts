// A running K3s gets its certificates without a restart (renew.k3s = "in-place").
import { setTimeout as sleep } from 'node:timers/promises';
import type { Machine } from '../e2e/machine.ts';
import { journal } from '../e2e/support.ts';
import { KUBECONFIG } from './aging.ts';
import { incarnation, type RealNode } from './k3s.ts';
import { configureEgress, LOADED_AT_START } from './loaded-at-start.ts';
import { due, type Outcome, renewed, type Scene } from './play.ts';

const CONFIG = '[renew]\nk3s = "in-place"\n';

export const IN_PLACE: Scene[] = [
  { name: 'in place: renewed without a restart', play: renewedInPlace },
  { name: 'in place: restarted where K3s loads a certificate once', play: restarted },
  ...LOADED_AT_START,
];

async function renewedInPlace(node: RealNode): Promise<Outcome> {
  await due(node, undefined, CONFIG, (machine) => configureEgress(machine, 'disabled'));
  await inUse(node);
  const before = await incarnation(node.machine);
  const outcome = await renewed(node, 'renewed by the same process');
  outcome.problems.push(...(await notInPlace(node, before)));
  if (outcome.away !== 0) outcome.problems.push(`the API was away for ${outcome.away} s`);
  return outcome;
}

/** With K3s's own default its API server reaches kubelets with the certificate of its start. */
async function restarted(node: RealNode): Promise<Outcome> {
  await due(node, undefined, CONFIG);
  const outcome = await renewed(node, 'renewed by a restart');
  const plan = journal(node).find((record) => record.type === 'plan-started');
  const why = plan?.type === 'plan-started' ? (plan.plan.notInPlace ?? '') : '';
  if (!/does not load client-kube-apiserver again/.test(why))
    outcome.problems.push(`the plan does not say why: ${why}`);
  return outcome;
}

/** The parts of K3s look for other certificates every five minutes: the aged ones must be in use before they are replaced. */
async function inUse({ machine }: RealNode): Promise<void> {
  const end = Date.now() + 6 * 60_000;
  const before = await aged(machine);
  while (Date.now() < end) await sleep(10_000);
  const after = await aged(machine);
  console.log(`  requests with the aged certificates: ${after - before} in 6 minutes`);
  if (after - before < 100) throw new Error('no part of K3s uses the aged certificates');
}

/** Requests with certificates that were valid for 7 to 30 days more. */
export async function aged(machine: Machine): Promise<number> {
  const words = ['/usr/bin/kubectl', `--kubeconfig=${KUBECONFIG}`, 'get', '--raw=/metrics'];
  const text = await machine.must('timeout', '20', ...words);
  const upTo = (bound: string) =>
    Number(
      new RegExp(`^apiserver_client_certificate_expiration_seconds_bucket\\{le="${bound}"\\} (\\d+)`, 'm').exec(
        text,
      )?.[1],
    );
  return upTo('2.592e\\+06') - upTo('604800');
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
