import { readdir, readFile } from 'node:fs/promises';
import { uptime } from 'node:os';
import { basename } from 'node:path';

export type Process = { pid: number; argv: string[]; startedAt: number };

/** Clock ticks a second in /proc (USER_HZ), on every architecture certagent is built for. */
const TICKS = 100;

/** When a process began, in milliseconds since the epoch by this machine's clock as it is set now. */
export function beganAt({ startedAt }: Pick<Process, 'startedAt'>): number {
  return Math.round(Date.now() - (uptime() - startedAt / TICKS) * 1_000);
}

/**
 * Processes of this machine whose program is called `name` and whose arguments hold all of `withArguments`. Read from
 * /proc, so no container runtime is needed; a container's process shows there with the arguments of its manifest. Under
 * a root prefix the caller passes arguments that hold the prefix. Processes of people (user ids from 1000 on, but our own)
 * do not count: anybody can start a process with that name and those arguments, and would hold up a renewal. `startedAt` is in clock ticks since boot: with the
 * pid it identifies a process, which a later one with the same pid is not.
 */
export async function findProcesses(name: string, withArguments: string[]): Promise<Process[]> {
  const found: Process[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const argv = await commandLine(Number(entry));
    if (
      argv === null ||
      basename(argv[0] ?? '') !== name ||
      !withArguments.every((argument) => argv.includes(argument))
    )
      continue;
    const startedAt = await startTicks(Number(entry));
    if (startedAt !== null && (await isOfTheSystem(Number(entry)))) found.push({ pid: Number(entry), argv, startedAt });
  }
  return found.sort((a, b) => a.startedAt - b.startedAt);
}

/** Whether /proc shows the processes of others: mounted with hidepid it does not, and nobody then sees the first one. */
export async function areProcessesVisible(): Promise<boolean> {
  return readFile('/proc/1/cmdline').then(
    () => true,
    () => false,
  );
}

/** True while exactly this process (not a later one with its pid) is there and no zombie. */
export async function isRunning(process: Pick<Process, 'pid' | 'startedAt'>): Promise<boolean> {
  return (await startTicks(process.pid)) === process.startedAt;
}

async function commandLine(pid: number): Promise<string[] | null> {
  try {
    const text = await readFile(`/proc/${pid}/cmdline`, 'utf8');
    return text === '' ? null : text.replace(/\0$/, '').split('\0');
  } catch {
    // It has exited since.
    return null;
  }
}

/** Where ids of people begin (login.defs). kubeadm's rootless control plane has ids below. */
const FIRST_PERSON = 1_000;

/** By the effective user of its status: the owner of /proc/PID is root's whenever a process wants it to be (proc(5)). */
async function isOfTheSystem(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const uid = /^Uid:\t\d+\t(\d+)\t/m.exec(status)?.[1];
  return uid !== undefined && (Number(uid) < FIRST_PERSON || Number(uid) === process.getuid?.());
}

/** Field 22 of /proc/PID/stat; null when the process is gone or a zombie. The name in parentheses may hold blanks. */
async function startTicks(pid: number): Promise<number | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? null : Number(fields[19]);
  } catch {
    return null;
  }
}
