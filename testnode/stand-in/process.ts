// What every stand-in does as a process: it writes its id where the node finds it, and exits when the node's owner does.
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { join } from 'node:path';

export type ProcessId = { pid: number; ticks: number };

const OWNER_POLL = 500;

/** For programs that stay: registers the process and exits when the process that started the node is gone. */
export function stay(root: string, name: string): void {
  const own = join(root, 'run/demo/pids', String(process.pid));
  mkdirSync(join(root, 'run/demo/pids'), { recursive: true });
  writeFileSync(own, JSON.stringify({ ...idOf(process.pid), name }));
  process.on('exit', () => rmSync(own, { force: true }));
  // Otherwise it is written only at a regular exit, and most of these processes are killed.
  setTimeout(flushCompileCache, 500).unref();
  setInterval(() => {
    if (!existsSync(join(root, 'etc/demo-node.json')) || ownerIsGone(root)) process.exit(1);
  }, OWNER_POLL);
}

/** A pid with its start time in clock ticks, which together name one process for ever; ticks is -1 when it is gone. */
export function idOf(pid: number): ProcessId {
  try {
    // Of its main thread: a process under qemu-user sees another /proc/PID/stat of itself than every other process sees.
    const stat = readFileSync(`/proc/${pid}/task/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ended = fields[0] === 'Z' || fields[0] === 'X';
    return { pid, ticks: ended ? -1 : Number(fields[19]) };
  } catch {
    return { pid, ticks: -1 };
  }
}

export function isAlive(id: ProcessId): boolean {
  return id.ticks !== -1 && idOf(id.pid).ticks === id.ticks;
}

/** Signals exactly this process; false when it is gone. */
export function signal(id: ProcessId, name: NodeJS.Signals): boolean {
  if (!isAlive(id)) return false;
  try {
    return process.kill(id.pid, name);
  } catch {
    return false;
  }
}

/** Makes this process the owner: the node's processes exit when it exits. */
export function own(root: string): void {
  writeFileSync(join(root, 'run/demo/owner.json'), JSON.stringify(idOf(process.pid)));
}

/** The node's processes live on until they are stopped. */
export function disown(root: string): void {
  rmSync(join(root, 'run/demo/owner.json'), { force: true });
}

function ownerIsGone(root: string): boolean {
  const owner = readJson<ProcessId>(join(root, 'run/demo/owner.json'));
  return owner !== undefined && !isAlive(owner);
}

/** undefined when the file is absent or half-written. */
export function readJson<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T;
  } catch {
    return undefined;
  }
}

/** Where this process listens: in a rehearsal's private network, or on this machine. */
export function address(): string {
  return process.env.DEMO_ADDRESS ?? '127.0.0.1';
}

/** Appends one line to ROOT/run/demo/NAME.log. In a rehearsal nobody but its parent reads it. */
export function log(root: string, name: string, line: string): void {
  if (process.env.DEMO_NODE_ROOT !== undefined) process.stderr.write(`${line}\n`);
  try {
    appendFileSync(join(root, `run/demo/${name}.log`), `${new Date().toISOString()} ${line}\n`);
  } catch {
    // The node is being removed, so the log is not needed.
  }
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Waits until `condition` holds (true) or `limit` milliseconds have passed (false). */
export async function until(condition: () => boolean | Promise<boolean>, limit: number): Promise<boolean> {
  const end = Date.now() + limit;
  for (;;) {
    if (await condition()) return true;
    if (Date.now() >= end) return false;
    await sleep(15);
  }
}

/** Never returns: only a signal stops the process. */
export function hang(root: string, name: string): Promise<never> {
  stay(root, name);
  return new Promise(() => {});
}
