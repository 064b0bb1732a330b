import { readdir, readFile } from 'node:fs/promises';
import { uptime } from 'node:os';
import { basename } from 'node:path';
import type { Root } from './root.ts';

export type Process = {
  pid: number;
  argv: string[];
  /** In clock ticks since boot: with the pid it identifies a process, which a later one with the same pid is not. */
  startedAt: number;
  /** Effective user. */
  uid: number;
  /** Its control groups, one on each line, as /proc shows them. */
  cgroup: string;
};

/** Where processes are read: /proc of this machine, or that of the node image. */
export function procOf(root: Root): string {
  return root.isMachine ? MACHINE : `${root.prefix}/proc`;
}

const MACHINE = '/proc';

/** Clock ticks a second in /proc (USER_HZ), on every architecture certagent is built for. */
const TICKS = 100;

/** When a process began, in milliseconds since the epoch by this machine's clock as it is set now. */
export function beganAt({ startedAt }: Pick<Process, 'startedAt'>): number {
  return Math.round(Date.now() - (uptime() - startedAt / TICKS) * 1_000);
}

/**
 * Processes of `proc` for which `isWanted` holds, oldest first. No container runtime is needed; a container's process shows
 * there with the arguments of its manifest. Processes of people (user ids from 1000 on, but our own) do not count: anybody
 * can start a process with any name and arguments, and would hold up a renewal.
 */
export async function findProcesses(proc: string, isWanted: (argv: string[]) => boolean): Promise<Process[]> {
  const found: Process[] = [];
  for (const entry of await readdir(proc)) {
    if (!/^\d+$/.test(entry)) continue;
    // Before anything that its user controls: a process can make every read of its arguments wait forever (a mapping of its
    // own FUSE file), which would hang certagent for good.
    if (!isCounted(await userOf(proc, Number(entry)))) continue;
    const process = await readProcess(proc, Number(entry), isWanted);
    if (process !== null && isCounted(process.uid)) found.push(process);
  }
  return found.sort((a, b) => a.startedAt - b.startedAt);
}

function isCounted(uid: number | null): boolean {
  return uid !== null && (uid < FIRST_PERSON || uid === ownUser);
}

/** Where ids of people begin (login.defs). kubeadm's rootless control plane has ids below. */
export const FIRST_PERSON = 1_000;
export const ownUser = process.getuid?.();

/**
 * Programs called `name` that run on this machine itself, in the process namespace that certagent runs in: a process of a
 * container can have any name.
 */
export async function findProgram(name: string): Promise<Process[]> {
  const all = await findProcesses(MACHINE, (argv) => isCalled(argv, name));
  const own = await depthOf('self');
  const depths = await Promise.all(all.map(({ pid }) => depthOf(String(pid))));
  return all.filter((_, index) => depths[index] === own);
}

export function isCalled(argv: string[], name: string): boolean {
  return basename(argv[0] ?? '') === name;
}

/** In how many process namespaces it is: one more in a container than outside (NSpid in proc_pid_status(5)). */
async function depthOf(entry: string): Promise<number> {
  const status = await readFile(`${MACHINE}/${entry}/status`, 'utf8').catch(() => '');
  return /^NSpid:\t(.*)$/m.exec(status)?.[1]?.split('\t').length ?? 0;
}

/** Whether /proc shows the processes of others: mounted with hidepid it does not, and nobody then sees the first one. */
export async function areProcessesVisible(): Promise<boolean> {
  return readFile(`${MACHINE}/1/cmdline`).then(
    () => true,
    () => false,
  );
}

/** True while exactly this process (not a later one with its pid) is there and no zombie. */
export async function isRunning(proc: string, process: Pick<Process, 'pid' | 'startedAt'>): Promise<boolean> {
  return (await startTicks(proc, process.pid)) === process.startedAt;
}

/** null when it is not wanted, or has exited. */
export async function readProcess(
  proc: string,
  pid: number,
  isWanted: (argv: string[]) => boolean = () => true,
): Promise<Process | null> {
  const argv = await commandLine(proc, pid);
  if (argv === null || !isWanted(argv)) return null;
  const [startedAt, uid, cgroup] = await Promise.all([
    startTicks(proc, pid),
    userOf(proc, pid),
    readFile(`${proc}/${pid}/cgroup`, 'utf8').catch(() => ''),
  ]);
  return startedAt === null || uid === null ? null : { pid, argv, startedAt, uid, cgroup };
}

async function commandLine(proc: string, pid: number): Promise<string[] | null> {
  try {
    const text = await readFile(`${proc}/${pid}/cmdline`, 'utf8');
    return text === '' ? null : text.replace(/\0$/, '').split('\0');
  } catch {
    // It has exited since.
    return null;
  }
}

/** By the effective user of its status: the owner of /proc/PID is root's whenever a process wants it to be (proc(5)). */
async function userOf(proc: string, pid: number): Promise<number | null> {
  const status = await readFile(`${proc}/${pid}/status`, 'utf8').catch(() => '');
  const uid = /^Uid:\t\d+\t(\d+)\t/m.exec(status)?.[1];
  return uid === undefined ? null : Number(uid);
}

/** Field 22 of /proc/PID/stat; null when the process is gone or a zombie. The name in parentheses may hold blanks. */
async function startTicks(proc: string, pid: number): Promise<number | null> {
  try {
    const stat = await readFile(`${proc}/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? null : Number(fields[19]);
  } catch {
    return null;
  }
}
