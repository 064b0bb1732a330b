import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeNode } from '../src/demo/node.ts';
import { DAY } from '../src/domain/duration.ts';
import type { StatusReport } from '../src/domain/status.ts';
import { certagent, end, memoryOf, peak, runOnce, time } from './measure.ts';
import { mebibytes, milliseconds, printTable, ratio } from './table.ts';

const RUNS = 15;
/** How long the daemon is left alone before its memory is read. */
const IDLE = 15_000;

/** `certagent status` with a daemon and without, and the idle daemon's memory, on a kubeadm node with nothing due. */
export async function daemonSection(root: string): Promise<void> {
  const node = await makeNode({ root, kind: 'kubeadm', leafEnds: Date.now() + 300 * DAY });
  const status = { argv: [certagent, '--root', root, 'status'] as [string, ...string[]] };
  const nothing = { argv: [process.execPath, '-e', '0'] as [string, ...string[]] };
  let daemon: ChildProcess | undefined;
  let bare: ChildProcess | undefined;
  try {
    await node.start();
    const empty = { time: await time(nothing, RUNS), memory: await peak(nothing) };
    const row = async (title: string) => {
      const taken = await time(status, RUNS);
      const memory = await peak(status);
      return [title, milliseconds(taken), ratio(taken, empty.time), mebibytes(memory), ratio(memory, empty.memory)];
    };
    const without = await row('certagent status, no daemon (reads the node)');

    daemon = spawn(certagent, ['--root', root, 'run'], { stdio: 'ignore' });
    await answers(root);
    const withDaemon = await row('certagent status, daemon running');
    printTable(
      `certagent status on a kubeadm node: n = ${RUNS}`,
      ['', 'time', '×', 'memory', '×'],
      [['an empty Node.js process', milliseconds(empty.time), '', mebibytes(empty.memory), ''], withDaemon, without],
    );

    bare = spawn(process.execPath, ['-e', 'setInterval(() => {}, 60_000)'], { stdio: 'ignore' });
    await sleep(IDLE);
    const [ours, theirs] = [memoryOf(daemon.pid!), memoryOf(bare.pid!)];
    printTable(
      `The idle daemon, ${IDLE / 1_000} s after the last question (Pss: its share of shared pages; anonymous: its alone)`,
      ['', 'certagent run', 'an idle Node.js process', '×'],
      (['anonymous', 'pss', 'rss'] as const).map((kind) => [
        kind,
        mebibytes(ours[kind]),
        mebibytes(theirs[kind]),
        ratio(ours[kind], theirs[kind]),
      ]),
    );
  } finally {
    if (daemon !== undefined) await end(daemon);
    if (bare !== undefined) await end(bare);
    await node.remove();
  }
}

/** Waits until status comes from the daemon, with its first check done. */
async function answers(root: string): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    await sleep(200);
    const { output } = await runOnce({ argv: [certagent, '--root', root, '-o', 'json', 'status'] });
    const report = JSON.parse(output) as StatusReport;
    if (report.source === 'daemon' && report.nextCheckAt !== null) return;
  }
  throw new Error('the daemon did not answer within 20 s');
}
