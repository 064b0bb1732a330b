import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const PEAK = new URL('./child/peak.ts', import.meta.url).href;

/** `bin/certagent`: what a user starts. */
export const certagent = fileURLToPath(new URL('../bin/certagent', import.meta.url));

export type Command = { argv: [string, ...string[]]; env?: Record<string, string> };
export type Run = { milliseconds: number; output: string };

/** Runs a command once, without input. Throws with its standard error when it fails. */
export async function runOnce(command: Command): Promise<Run> {
  const [file, ...args] = command.argv;
  const started = process.hrtime.bigint();
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...command.env } });
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await once(child, 'close')) as [number | null];
  const milliseconds = Number(process.hrtime.bigint() - started) / 1e6;
  const [stdout, stderr] = await output;
  if (code !== 0) throw new Error(`${command.argv.join(' ')} exited with ${code}: ${stderr}${stdout}`);
  return { milliseconds, output: stdout };
}

/** Median of the wall-clock milliseconds of `runs` processes, after one that is not counted (it warms the page cache). */
export async function time(command: Command, runs: number): Promise<number> {
  if (runs > 1) await runOnce(command);
  const taken: number[] = [];
  for (let run = 0; run < runs; run += 1) taken.push((await runOnce(command)).milliseconds);
  return median(taken);
}

/** The same for several commands, in turns, so that other load on the machine affects all of them. */
export async function times(commands: Command[], runs: number): Promise<number[]> {
  const taken: number[][] = commands.map(() => []);
  for (let run = -1; run < runs; run += 1)
    for (const [index, command] of commands.entries()) {
      const { milliseconds } = await runOnce(command);
      if (run >= 0) taken[index]!.push(milliseconds);
    }
  return taken.map(median);
}

/** Peak memory (MiB, resident) that a Node.js process reports at its exit: median of three. */
export async function peak(command: Command): Promise<number> {
  const env = { ...command.env, NODE_OPTIONS: `--import=${PEAK}` };
  const seen: number[] = [];
  for (let run = 0; run < 3; run += 1) {
    const { output } = await runOnce({ ...command, env });
    seen.push(Number(/^peak-kib (\d+)$/m.exec(output)?.[1]) / 1024);
  }
  return median(seen);
}

/** Memory of a running process in MiB. Pss: with its share of shared pages; anonymous: its private pages. */
export function memoryOf(pid: number): { rss: number; pss: number; anonymous: number } {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1]) / 1024;
  return { rss: field('Rss'), pss: field('Pss'), anonymous: field('Anonymous') };
}

/** Stops a process that was started here, and waits for its exit. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
