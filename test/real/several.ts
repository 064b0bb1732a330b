// What is played on three servers with embedded etcd.
import { setTimeout as sleep } from 'node:timers/promises';
import type { JournalRecord } from '../../src/domain/model/journal.ts';
import { journal, status } from '../e2e/support.ts';
import { eventually } from '../testnode/support.ts';
import { ageLeaves } from './aging.ts';
import { incarnation, kubectl, startK3s, stopK3s } from './k3s.ts';
import { memberRehearsed } from './member.ts';
import { type Outcome, over, RENEWAL_LIMIT } from './play.ts';
import { problemsOf } from './proof.ts';
import { type Away, dueIn, type RealServer, type RealServers, watched } from './servers.ts';

export type ServersScene = { name: string; play: (cluster: RealServers) => Promise<Outcome> };

export const SERVERS_SCENES: ServersScene[] = [
  { name: 'three servers: bare restarts at once, for comparison', play: bareRestarts },
  { name: 'three servers: all enabled in the same minute', play: allAtOnce },
  { name: 'three servers: a member of etcd is stopped', play: memberStopped },
  { name: 'three servers: a member of etcd is rehearsed', play: memberRehearsed },
];

async function bareRestarts(cluster: RealServers): Promise<Outcome> {
  const startedAt = Date.now();
  let whole = 0;
  const away = await watched(cluster, async () => {
    await Promise.all(cluster.servers.map(({ machine }) => machine.must('systemctl', 'restart', 'k3s')));
    whole = (Date.now() - startedAt) / 1_000;
    for (const { machine } of cluster.servers) await startK3s(machine);
  });
  print(awayLines(cluster, away));
  return { problems: [], result: 'restarted', away: away.nobody, whole };
}

/** Without `certagent cluster` anything: what an operator does who follows the README on three nodes. */
async function allAtOnce(cluster: RealServers): Promise<Outcome> {
  const { servers } = cluster;
  await dueIn(25, cluster);
  const startedAt = Date.now();
  const away = await watched(cluster, async () => {
    await Promise.all(
      servers.map(({ machine }) => machine.must('systemctl', 'enable', '--now', '--quiet', 'certagent')),
    );
    await Promise.all(servers.map(over));
  });
  const spans = servers.flatMap((server) => renewalsOf(server)).sort((a, b) => a.from - b.from);
  print([
    ...spans.map(
      ({ name, from, to, waited }) =>
        `${name} renewed at ${clock(from)}, in ${seconds(to - from)}, after waiting ${seconds(waited(startedAt))}`,
    ),
    ...awayLines(cluster, away),
  ]);
  const problems = away.nobody === 0 ? [] : [`the API was away for ${away.nobody.toFixed(1)} s`];
  for (const [index, { from, name }] of spans.entries())
    if (index > 0 && from < spans[index - 1]!.to)
      problems.push(`${name} began before ${spans[index - 1]!.name} had ended`);
  for (const server of servers) problems.push(...named(server, await problemsOf(server.machine, 'watched')));
  problems.push(...(await clusterProblems(cluster)));
  const last = Math.max(...spans.map(({ to }) => to));
  return {
    problems,
    result: `renewed: ${spans.map(({ name }) => name).join(', ')}`,
    away: away.nobody,
    whole: (last - startedAt) / 1_000,
  };
}

/** One member is stopped: restarting another one would leave one of three. */
async function memberStopped(cluster: RealServers): Promise<Outcome> {
  const [forced, late, stopped] = cluster.servers as [RealServer, RealServer, RealServer];
  await dueIn(25, cluster);
  const problems: string[] = [];
  await stopK3s(stopped.machine);
  const before = await incarnation(forced.machine);
  const blocked = await watched(cluster, async () => {
    for (const { machine } of [forced, late]) await machine.must('systemctl', 'start', 'certagent');
    for (const server of [forced, late])
      await eventually(async () => {
        const { renewal } = await status(server);
        return renewal.kind === 'blocked' && renewal.blockers.some(({ code }) => code === 'QUORUM_AT_RISK');
      }, RENEWAL_LIMIT / 5);
    await sleep(30_000);
  });
  if ((await incarnation(forced.machine)) !== before) problems.push('k3s was restarted');
  if (blocked.nobody > 0)
    problems.push(`the API was away for ${blocked.nobody.toFixed(1)} s while nothing was to be done`);
  for (const server of [forced, late]) if (journal(server).length > 0) problems.push(`${server.name} began a renewal`);
  const { renewal } = await status(forced);
  print([`${forced.name}: ${renewal.kind === 'blocked' ? renewal.blockers[0]!.why : renewal.kind}`]);

  const byForce = await watched(cluster, async () => {
    await forced.machine.must('certagent', 'renew', '--yes', '--force');
    await over(forced);
  });
  problems.push(...named(forced, await problemsOf(forced.machine, 'alone')));
  if (journal(late).length > 0) problems.push(`${late.name} began a renewal`);
  print([`${forced.name} renewed by force`, ...awayLines(cluster, byForce)]);

  const lastResort = await watched(cluster, async () => {
    await ageLeaves(late.machine, 6);
    await over(late);
  });
  problems.push(...named(late, await problemsOf(late.machine, 'alone')));
  print([`${late.name} renewed 6 days before expiry`, ...awayLines(cluster, lastResort)]);
  await startK3s(stopped.machine);
  return {
    problems,
    result: 'QUORUM_AT_RISK; renewed by force, and 6 days before expiry',
    away: byForce.nobody,
    whole: null,
  };
}

type Renewal = { name: string; from: number; to: number; waited: (since: number) => number };

/** Each plan that restarted K3s: from that step to its end. */
function renewalsOf(server: RealServer): Renewal[] {
  const found: Renewal[] = [];
  let started = 0;
  let kinds: string[] = [];
  for (const record of journal(server) as JournalRecord[]) {
    if (record.type === 'plan-started') [started, kinds] = [record.at, record.plan.steps.map(({ kind }) => kind)];
    if (record.type === 'step-started' && kinds[record.step] === 'restart-unit') {
      const from = started;
      found.push({ name: server.name, from, to: Number.POSITIVE_INFINITY, waited: (since) => from - since });
    }
    if (record.type === 'plan-ended' && found.length > 0) found.at(-1)!.to = record.at;
  }
  return found;
}

/** The Lease is free again, and every Node and its Events say what has happened. */
async function clusterProblems({ servers }: RealServers): Promise<string[]> {
  const [{ machine }] = servers as [RealServer];
  const ask = async (...words: string[]) => (await kubectl(machine, ...words)).stdout.trim();
  const holder = await eventually(async () => {
    const words = ['-n', 'kube-system', 'get', 'lease', 'certagent-renewal', '-o', 'jsonpath=<{.spec.holderIdentity}>'];
    return (await ask(...words)) === '<>';
  }, 60_000).catch(() => false);
  const problems = holder ? [] : ['the Lease is still held'];
  const words = [
    'get',
    'events',
    '--field-selector=reason=CertificatesRenewed',
    '-o',
    'jsonpath={.items[*].involvedObject.name}',
  ];
  const told = await ask(...words);
  for (const { name } of servers)
    if (!told.split(' ').includes(name)) problems.push(`no Event says that ${name} was renewed`);
  print((await machine.must('certagent', 'status', '--cluster')).trimEnd().split('\n'));
  return problems;
}

const awayLines = ({ servers }: RealServers, { nobody, each, asked, failed }: Away): string[] => [
  `API away: ${nobody.toFixed(1)} s; ${servers.map(({ name }, at) => `${name} ${each[at]!.toFixed(1)} s`).join(', ')}`,
  `requests: ${servers.map(({ name }, at) => `${name} ${failed[at]} of ${asked[at]} failed`).join(', ')}`,
];

const named = ({ name }: RealServer, problems: string[]): string[] => problems.map((problem) => `${name}: ${problem}`);
const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
const clock = (at: number): string => new Date(at).toISOString().slice(11, 19);

function print(lines: string[]): void {
  for (const line of lines) console.log(`  ${line}`);
}
