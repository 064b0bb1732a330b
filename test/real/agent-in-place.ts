// A running K3s agent gets its certificates without a restart (renew.k3s = "in-place").
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { journal, served, status } from '../e2e/support.ts';
import { DAY } from '../testnode/support.ts';
import { ageLeaves, leavesOf } from './aging.ts';
import { credentialsOf, type Uses, usesOf } from './audit.ts';
import { incarnation } from './k3s.ts';
import { type Outcome, over, wholeOf } from './play.ts';
import { AGENT_UNIT, askedAllTheTime, type RealAgent } from './with-agent.ts';

export type AgentScene = { name: string; play: (cluster: RealAgent) => Promise<Outcome> };

export const AGENT_SCENES: AgentScene[] = [{ name: 'agent in place: renewed without a restart', play: renewedInPlace }];

/** Client-go looks for other certificates every five minutes. */
const LOADED = 6 * 60_000;
const PATIENCE = 60_000;

async function renewedInPlace(cluster: RealAgent): Promise<Outcome> {
  const { worker, server } = cluster;
  await ageLeaves(worker, 25, server.machine);
  const [aged, agedAt] = [credentialsOf(worker), Date.now()];
  await sleep(LOADED);
  print('with the aged certificates', usesOf(server.machine, aged), agedAt);
  const before = await incarnation(worker, AGENT_UNIT);
  const problems = Object.entries(usesOf(server.machine, aged)).flatMap(([name, { count }]) =>
    count === 0 ? [`the agent does not use the aged ${name}`] : [],
  );
  let replacedAt = 0;
  const asked = await askedAllTheTime(cluster, async () => {
    await worker.must('systemctl', 'start', 'certagent');
    await over({ machine: worker });
    replacedAt = signedAt(cluster);
    // What had five minutes to load them has had them by now, and is seen to use nothing else.
    await sleep(PATIENCE);
  });
  if ((await incarnation(worker, AGENT_UNIT)) !== before) problems.push('k3s-agent was restarted');
  for (const [what, { asked: count, failed }] of Object.entries(asked)) {
    console.log(`  ${what}: ${failed.length} of ${count} requests failed`);
    if (failed.length > 0) problems.push(`${what}: ${failed.length} requests failed: ${failed[0]}`);
  }
  const [previous, fresh] = [usesOf(server.machine, aged), usesOf(server.machine, credentialsOf(worker))];
  print('previous certificates', previous, replacedAt);
  print('new certificates', fresh, replacedAt);
  for (const [name, { count }] of Object.entries(fresh))
    if (count === 0) problems.push(`the agent does not use the new ${name}`);
  for (const [name, { last }] of Object.entries(previous))
    if ((last ?? 0) > Date.now() - PATIENCE) problems.push(`the previous ${name} is still in use`);
  problems.push(...(await problemsOfAgent(cluster)));
  return { problems, result: 'renewed by the same process', away: 0, whole: wholeOf(journal({ machine: worker })) };
}

/** When the new certificates had taken their places; what each step has said is printed. */
function signedAt({ worker }: RealAgent): number {
  let [at, kinds]: [number, string[]] = [0, []];
  for (const record of journal({ machine: worker })) {
    if (record.type === 'plan-started') kinds = record.plan.steps.map(({ kind }) => kind);
    if (record.type !== 'step-done') continue;
    console.log(`  step ${record.step + 1}: ${record.detail}`);
    if (kinds[record.step] === 'fetch-leaves') at = record.at;
  }
  if (at === 0) throw new Error(`the plan was not in place: ${kinds.join(', ')}`);
  return at;
}

async function problemsOfAgent({ worker }: RealAgent): Promise<string[]> {
  const read = (path: string) => new X509Certificate(readFileSync(worker.at(path)));
  const leaves = leavesOf(worker);
  const problems = leaves
    .filter((path) => read(path).validToDate.getTime() < Date.now() + 300 * DAY)
    .map((path) => `${path} is not renewed`);
  if (leaves.length !== 4) problems.push(`${leaves.length} leaves, not 4`);
  const serving = read('/var/lib/rancher/k3s/agent/serving-kubelet.crt');
  if ((await served({ machine: worker }, 10_250)).serialNumber !== serving.serialNumber)
    problems.push('the kubelet serves another certificate');
  const { renewal, alerts } = await status({ machine: worker });
  if (renewal.kind !== 'none') problems.push(`certagent: renewal is ${renewal.kind}`);
  for (const { alert } of alerts)
    if (alert.severity !== 'info') problems.push(`certagent: ${alert.severity} ${alert.code}: ${alert.text}`);
  return problems;
}

function print(what: string, uses: Record<string, Uses>, since: number): void {
  for (const [name, { count, last }] of Object.entries(uses)) {
    const when = last === null ? 'never' : `last ${((last - since) / 1_000).toFixed(0)} s later`;
    console.log(`  ${what}: ${name} ${count} requests, ${when}`);
  }
}
