import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { DAY } from '../src/domain/time/duration.ts';
import { makeNode, type NodeKind, type TestNode } from '../testnode/node.ts';
import { certagent, median, memoryOf } from './measure.ts';
import { mebibytes, milliseconds, printTable, ratio } from './table.ts';
import { descendants } from './tree.ts';

const RUNS = 3;
const KINDS: [kind: NodeKind, name: string][] = [
  ['k3s-server', 'K3s server'],
  ['kubeadm', 'kubeadm'],
];

type Figures = { milliseconds: number; mebibytes: number };

/** The same renewal without and with its rehearsal, with the default limits and the stand-ins' real waits, in turns. */
export async function rehearsalSection(directory: string): Promise<void> {
  const rows: string[][] = [];
  for (const [kind, name] of KINDS) {
    const taken: Record<'never' | 'always', Figures[]> = { never: [], always: [] };
    for (let run = 0; run < RUNS; run += 1)
      for (const rehearse of ['never', 'always'] as const)
        taken[rehearse].push(await renewed(join(directory, `rehearsal-${kind}-${rehearse}-${run}`), kind, rehearse));
    const [bare, rehearsed] = [middle(taken.never), middle(taken.always)];
    rows.push([
      `${name}: time`,
      milliseconds(bare.milliseconds),
      milliseconds(rehearsed.milliseconds),
      ratio(rehearsed.milliseconds, bare.milliseconds),
    ]);
    rows.push([
      `${name}: memory`,
      mebibytes(bare.mebibytes),
      mebibytes(rehearsed.mebibytes),
      ratio(rehearsed.mebibytes, bare.mebibytes),
    ]);
  }
  printTable(`A renewal without and with its rehearsal (n = ${RUNS})`, ['', 'without', 'with', '×'], rows, [
    'Memory: private pages at most, of certagent and what it starts. Stand-ins take the place of k3s and kubeadm;',
    'the real ones in the sandbox: K3s v1.36.3 302 MiB and 12 s, kubeadm v1.36.3 40 MiB and 3 s (docs/rehearsal.md).',
  ]);
}

const middle = (all: Figures[]): Figures => ({
  milliseconds: median(all.map((each) => each.milliseconds)),
  mebibytes: median(all.map((each) => each.mebibytes)),
});

async function renewed(root: string, kind: NodeKind, rehearse: 'never' | 'always'): Promise<Figures> {
  const node = await makeNode({ root, kind, leafEnds: Date.now() + 20 * DAY, speed: 1, sandbox: true });
  try {
    await node.start({ longRunning: true });
    await configure(node, rehearse);
    const started = performance.now();
    const child = spawn(certagent, ['--root', root, 'renew', '--yes'], { stdio: ['ignore', 'ignore', 'pipe'] });
    const peak = peakOf(child);
    const said = text(child.stderr);
    const [code] = (await once(child, 'exit')) as [number | null];
    const taken = performance.now() - started;
    if (code !== 0) throw new Error(`certagent renew exited with ${code}: ${await said}`);
    return { milliseconds: taken, mebibytes: await peak };
  } finally {
    await node.remove();
  }
}

async function configure({ root }: TestNode, rehearse: string): Promise<void> {
  await mkdir(join(root, 'etc/certagent'), { recursive: true });
  const lines = ['[clock]', 'require_synchronized = false', '[renew]', `rehearse = "${rehearse}"`, ''];
  await writeFile(join(root, 'etc/certagent/config.toml'), lines.join('\n'));
}

/** MiB of private pages of a process and everything below it, looked at ten times a second until it exits. */
async function peakOf(child: ChildProcess): Promise<number> {
  let peak = 0;
  while (child.exitCode === null && child.signalCode === null) {
    peak = Math.max(
      peak,
      descendants(child.pid ?? -1).reduce((sum, pid) => sum + privateOf(pid), 0),
    );
    await sleep(100);
  }
  return peak;
}

function privateOf(pid: number): number {
  try {
    return memoryOf(pid).anonymous || 0;
  } catch {
    return 0;
  }
}
