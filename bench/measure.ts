import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { steeringVariables } from '../src/host/self.ts';

const PEAK = new URL('./child/peak.ts', import.meta.url).href;

/** `bin/certagent`: what a user starts. */
export const certagent = fileURLToPath(new URL('../bin/certagent', import.meta.url));

export type Command = { argv: [string, ...string[]]; env?: Record<string, string> };
export type Run = { milliseconds: number; output: string };

/** Without what steers Node.js and OpenSSL: certagent would start itself again without it, and its peers would not. */
const ENVIRONMENT = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !steeringVariables(process.env).includes(name)),
);

/** Runs a command once, without input. Throws with its standard error when it fails. */
export async function runOnce(command: Command): Promise<Run> {
  const [file, ...args] = command.argv;
  const started = process.hrtime.bigint();
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...ENVIRONMENT, ...command.env } });
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await once(child, 'close')) as [number | null];
  const milliseconds = Number(process.hrtime.bigint() - started) / 1e6;
  const [stdout, stderr] = await output;
  if (code !== 0) throw new Error(`${command.argv.join(' ')} exited with ${code}: ${stderr}${stdout}`);
  return { milliseconds, output: stdout };
}

/** Milliseconds. `wall`: the median; `cpu`: the mean of what the process and its children used, threads included. */
export type Timing = { wall: number; cpu: number };

/**
 * Runs each command `runs` times, after one run that is not counted (it warms the page cache). They are taken in turns:
 * whatever else the machine does, it does to all of them. On a busy machine the processor time says more.
 */
export async function times(commands: Command[], runs: number): Promise<Timing[]> {
  const taken: { wall: number[]; cpu: number }[] = commands.map(() => ({ wall: [], cpu: 0 }));
  for (let run = runs > 1 ? -1 : 0; run < runs; run += 1)
    for (const [index, command] of commands.entries()) {
      const before = cpuOfChildren();
      const { milliseconds } = await runOnce(command);
      if (run < 0) continue;
      taken[index]!.wall.push(milliseconds);
      taken[index]!.cpu += cpuOfChildren() - before;
    }
  return taken.map(({ wall, cpu }) => ({ wall: median(wall), cpu: cpu / runs }));
}

/** User and system time of the processes that were started here and have exited, from proc_pid_stat(5): ticks of 10 ms. */
function cpuOfChildren(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[13]) + Number(fields[14])) * 10;
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
