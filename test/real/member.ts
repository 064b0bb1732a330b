// A member of an etcd of three is rehearsed: its copy becomes a cluster of its own, and nobody notices.
import type { RehearsalReport } from '../../src/domain/model/rehearsal-report.ts';
import { incarnation } from './k3s.ts';
import type { Outcome } from './play.ts';
import { dueIn, type RealServer, type RealServers, watched } from './servers.ts';

export async function memberRehearsed(cluster: RealServers): Promise<Outcome> {
  const { servers } = cluster;
  await dueIn(25, cluster);
  const incarnations = () => Promise.all(servers.map(({ machine }) => incarnation(machine)));
  const before = await incarnations();
  const problems: string[] = [];
  const said: string[] = [];
  let whole = 0;
  // The first has made the cluster, the last has joined it.
  const { nobody, failed } = await watched(cluster, async () => {
    for (const server of [servers[0]!, servers.at(-1)!]) {
      const report = await rehearsed(server);
      const result = 'results' in report ? report.results.at(-1) : undefined;
      const verdict = 'judgement' in report ? report.judgement.verdict : report.step === null ? report.why : '';
      if (verdict !== 'passed') problems.push(`${server.name}: ${verdict}: ${JSON.stringify(result)}`);
      if (result?.kind !== 'start') continue;
      const { duration, copied, peakMemory } = result.measures;
      whole = Math.max(whole, duration / 1_000);
      said.push(
        `${server.name}: ready after ${seconds(result.readyAfter ?? 0)}, ${seconds(duration)} in all, ${mebibytes(copied)} copied, ${mebibytes(peakMemory ?? 0)} of memory`,
      );
    }
  });
  if ((await incarnations()).some((one, at) => one !== before[at])) problems.push('k3s was restarted');
  if (failed.some((count) => count > 0)) problems.push(`requests failed: ${failed.join(', ')}`);
  for (const line of said) console.log(`  ${line}`);
  return { problems, result: 'rehearsed, and no member noticed', away: nobody, whole };
}

/** As an operator asks for it. Exit code 5 is a rehearsal that has failed: what it prints says so, too. */
async function rehearsed({ machine }: RealServer): Promise<RehearsalReport> {
  const { stdout, stderr } = await machine.run('certagent', 'plan', '--rehearse', '-o', 'json');
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as RehearsalReport;
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 1024 ** 2)} MiB`;
