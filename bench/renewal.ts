import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PlanReport } from '../src/domain/model/status.ts';
import { restartsOf } from '../src/domain/plan/plan-parts.ts';
import { DAY } from '../src/domain/time/duration.ts';
import { Root } from '../src/host/root.ts';
import { componentProcesses } from '../src/renew/components/component-processes.ts';
import { makeNode, type TestNode } from '../testnode/node.ts';
import { makeProgramsFree } from './free.ts';
import { certagent, median, runOnce } from './measure.ts';
import { milliseconds, printTable, ratio } from './table.ts';

const RUNS = 3;

/**
 * A whole renewal by certagent, and the same calls of kubeadm and the same restarts by hand, on v1.36 nodes in turns, with
 * kubeadm's default keys and the kubelet's real waits.
 */
export async function renewalSection(directory: string): Promise<void> {
  const taken: Record<'ours' | 'bare', number[]> = { ours: [], bare: [] };
  for (let run = 0; run < RUNS; run += 1)
    for (const [who, renew] of [
      ['ours', byCertagent],
      ['bare', byHand],
    ] as const) {
      const node = await makeNode({
        root: join(directory, `renewal-${who}-${run}`),
        kind: 'kubeadm',
        leafEnds: Date.now() + 20 * DAY,
        keys: 'rsa',
        speed: 1,
      });
      try {
        await node.start();
        // The stand-ins' own start takes many times as long as systemctl does.
        await makeProgramsFree(node.root, ['kubeadm']);
        await configure(node);
        taken[who].push(await renew(node));
      } finally {
        await node.remove();
      }
    }
  const [bare, ours] = [median(taken.bare), median(taken.ours)];
  printTable(
    `A whole renewal of a kubeadm v1.36 node (n = ${RUNS})`,
    ['', 'kubeadm and restarts alone', 'certagent renew', '×'],
    [['11 certificates, 2 restarts', milliseconds(bare), milliseconds(ours), ratio(ours, bare)]],
  );
}

async function configure({ root }: TestNode): Promise<void> {
  await mkdir(join(root, 'etc/certagent'), { recursive: true });
  await writeFile(join(root, 'etc/certagent/config.toml'), '[clock]\nrequire_synchronized = false\n');
}

async function byCertagent({ root }: TestNode): Promise<number> {
  return (await runOnce({ argv: [certagent, '--root', root, 'renew', '--yes'] })).milliseconds;
}

/** What the plan says, without journal, backup and checks: each call of kubeadm, each signal, until each answers again. */
async function byHand({ root }: TestNode): Promise<number> {
  const asked = await runOnce({ argv: [certagent, '--root', root, 'plan', '-o', 'json'] });
  const { plan } = JSON.parse(asked.output) as PlanReport;
  if (plan === null) throw new Error('nothing would be renewed');
  const started = performance.now();
  for (const step of plan.steps)
    if (step.kind === 'kubeadm-renew') spawnSync(join(root, 'usr/bin/kubeadm'), step.argv, { stdio: 'ignore' });
  const always = plan.steps.filter(({ kind }) => kind === 'cycle');
  for (const step of restartsOf({ ...plan, steps: always })) {
    const before = await componentProcesses(new Root(root), step);
    for (const { pid } of before) process.kill(pid, 'SIGTERM');
    while (before.some(({ pid }) => isAlive(pid)) || !(await answers(step.health!.port))) await sleep(20);
  }
  return performance.now() - started;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    request({ host: '127.0.0.1', port, path: '/healthz', agent: false, rejectUnauthorized: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    })
      .once('error', () => resolve(false))
      .end();
  });
}
