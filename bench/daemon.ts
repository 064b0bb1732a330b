import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StatusReport } from '../src/domain/model/status.ts';
import { DAY } from '../src/domain/time/duration.ts';
import { makeNode } from '../testnode/node.ts';
import { type Forms, forms } from './executable.ts';
import { issueMany, layOut } from './files.ts';
import { end, memoryOf, runOnce, times } from './measure.ts';
import { mebibytes, milliseconds, printTable, ratio } from './table.ts';

const RUNS = 21;
/** How long the daemon is left alone before its memory is read. */
const IDLE = 15_000;
/** What a large control-plane node has; a plain kubeadm node has 23 of them. */
const CERTIFICATES = 60;
const OF_THE_NODE = 23;

/** `certagent status` with a daemon and without, and the idle daemon's memory, on a kubeadm node with nothing due. */
export async function daemonSection(directory: string): Promise<void> {
  const root = join(directory, 'node');
  const node = await makeNode({ root, kind: 'kubeadm', leafEnds: Date.now() + 300 * DAY });
  await layOut(root, CERTIFICATES - OF_THE_NODE, await issueMany(CERTIFICATES - OF_THE_NODE));
  try {
    await node.start();
    const timed: string[][] = [];
    const memory: string[][] = [];
    for (const form of await forms(directory)) {
      const status: [string, ...string[]] = [form.certagent, '--root', root, 'status'];
      const alone = await compared(status, form.empty);
      const daemon = spawn(form.certagent, ['--root', root, 'run'], { stdio: 'ignore' });
      const bare = spawn(form.idle[0], form.idle.slice(1), { stdio: 'ignore' });
      try {
        const seen = await answers(form, root);
        if (seen !== CERTIFICATES) throw new Error(`the daemon sees ${seen} certificates, not ${CERTIFICATES}`);
        const asked = await compared(status, form.empty);
        timed.push([form.title, ...asked, ...alone.slice(1)]);
        await sleep(IDLE);
        const [ours, theirs] = [memoryOf(daemon.pid!), memoryOf(bare.pid!)];
        for (const kind of ['anonymous', 'pss', 'rss'] as const) {
          const row = [mebibytes(theirs[kind]), mebibytes(ours[kind]), ratio(ours[kind], theirs[kind])];
          memory.push([`${form.title}: ${kind}`, ...row]);
        }
      } finally {
        await end(daemon);
        await end(bare);
      }
    }
    printTable(
      `certagent status on a kubeadm node with ${CERTIFICATES} certificates (n = ${RUNS}, taken in turns)`,
      ['', 'empty', 'asks the daemon', '×', 'reads the node', '×'],
      timed,
    );
    printTable(
      `The idle daemon, ${IDLE / 1_000} s after the last question (Pss: its share of shared pages; anonymous: its alone)`,
      ['', 'empty', 'certagent run', '×'],
      memory,
    );
  } finally {
    await node.remove();
  }
}

async function compared(status: [string, ...string[]], empty: [string, ...string[]]): Promise<string[]> {
  const [least, ours] = await times([{ argv: empty }, { argv: status }], RUNS);
  return [milliseconds(least!), milliseconds(ours!), ratio(ours!, least!)];
}

/** Waits until status comes from the daemon, with its first check done. Returns how many certificates it sees. */
async function answers({ certagent }: Forms, root: string): Promise<number> {
  for (let tries = 0; tries < 100; tries += 1) {
    await sleep(200);
    const { output } = await runOnce({ argv: [certagent, '--root', root, '-o', 'json', 'status'] });
    const report = JSON.parse(output) as StatusReport;
    if (report.source === 'daemon' && report.nextCheckAt !== null) return report.certificates.length;
  }
  throw new Error('the daemon did not answer within 20 s');
}
