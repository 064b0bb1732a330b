import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StatusReport } from '../src/domain/model/status.ts';
import { DAY } from '../src/domain/time/duration.ts';
import { makeNode } from '../testnode/node.ts';
import { type Forms, forms } from './executable.ts';
import { issueMany, layOut } from './files.ts';
import { makeProgramsFree } from './free.ts';
import { end, memoryOf, runOnce, times } from './measure.ts';
import { mebibytes, milliseconds, printTable, ratio } from './table.ts';

const RUNS = 31;
/** A status that reads the node waits for programs, which takes many times as long. */
const FEWER = 7;
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
    const free: string[][] = [];
    const memory: string[][] = [];
    const started = await forms(directory);
    for (const form of started) {
      const status: [string, ...string[]] = [form.certagent, '--root', root, 'status'];
      const alone = await compared(status, form.empty, FEWER);
      const daemon = spawn(form.certagent, ['--root', root, 'run'], { stdio: 'ignore' });
      const bare = spawn(form.idle[0], form.idle.slice(1), { stdio: 'ignore' });
      try {
        const seen = await answers(form, root);
        if (seen !== CERTIFICATES) throw new Error(`the daemon sees ${seen} certificates, not ${CERTIFICATES}`);
        const asked = await compared(status, form.empty, RUNS);
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
    const programs = await makeProgramsFree(root);
    for (const form of started) {
      const script = [form.empty, ...programs].map(quoted).join('\n');
      const bare: [string, ...string[]] = ['/bin/sh', '-ec', script];
      free.push([form.title, ...(await compared([form.certagent, '--root', root, 'status'], bare, RUNS))]);
    }
    printTable(
      `certagent status on a kubeadm node with ${CERTIFICATES} certificates (n = ${RUNS}, and ${FEWER} that read the node; taken in turns)`,
      ['', 'empty', 'asks the daemon', '×', '× CPU', 'reads the node', '×', '× CPU'],
      timed,
      ['× CPU compares processor time (means), which other work on the machine changes less.'],
    );
    printTable(
      'certagent status without a daemon, where each program of the node is a shell script that prints its answer',
      ['', 'empty, and the programs', 'reads the node', '×', '× CPU'],
      free,
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

async function compared(status: [string, ...string[]], empty: [string, ...string[]], runs: number): Promise<string[]> {
  const [least, ours] = await times([{ argv: empty }, { argv: status }], runs);
  return [
    milliseconds(least!.wall),
    milliseconds(ours!.wall),
    ratio(ours!.wall, least!.wall),
    ratio(ours!.cpu, least!.cpu),
  ];
}

const quoted = (words: string[]) => words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');

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
