// A Debian with its own systemd, network and processes, booted by systemd-nspawn: as near to a node as a test gets.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { command, type Ran } from '../testnode/support.ts';
import { baseOf, type Release } from './base.ts';
import { makeCgroup, removeCgroup, sweepCgroups } from './cgroup.ts';

const BOOT_LIMIT = 120_000;
const OFF_LIMIT = 60_000;
const COMMAND_LIMIT = 300_000;
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What this process puts into the temporary directory begins so: the next run removes what a killed one left. */
export const TEMPORARY = `certagent-e2e-${process.pid}-`;

/** SIGRTMIN+4 is how a container's systemd is asked to power off (systemd(1)). */
const POWER_OFF = 38;

/** What a machine has besides the usual: packages of Debian's, and the rights of a host that runs containers. */
export type Extras = {
  packages: readonly string[];
  runsContainers: boolean;
  /** It is called so, and its network is joined with those of others by this bridge; absent: nothing but loopback is there. */
  joined?: { name: string; bridge: string };
};
const NO_EXTRAS: Extras = { packages: [], runsContainers: false };

/** A kubelet needs every capability and the kernel's log, and sets kernel parameters. */
const CONTAINER_WORDS = ['--capability=all', '--bind=/dev/kmsg'];
const CONTAINER_ENVIRONMENT = { SYSTEMD_SECCOMP: '0', SYSTEMD_NSPAWN_API_VFS_WRITABLE: 'yes' };

export class Machine {
  /** The machine's file system, as seen from outside. */
  readonly root: string;
  readonly #directory: string;
  readonly #runsContainers: boolean;
  readonly #joined: Extras['joined'];
  #nspawn: ChildProcess | null = null;
  #leader = 0;
  #cgroups: string[] = [];
  #guard: ChildProcess | null = null;
  readonly #inside = new Set<ChildProcess>();

  constructor(directory: string, { runsContainers, joined }: Extras = NO_EXTRAS) {
    this.#directory = directory;
    this.#joined = joined;
    this.#runsContainers = runsContainers;
    this.root = join(directory, 'root');
  }

  /** Path outside of a path of the machine. */
  at(path: string): string {
    return join(this.root, path);
  }

  /** Returns when the machine's systemd has started everything. */
  async boot(): Promise<void> {
    const console = openSync(join(this.#directory, 'console.log'), 'a');
    const words = ['--boot', '--quiet', '--register=no', '--keep-unit', '--link-journal=no', '--console=pipe'];
    const { name, bridge } = this.#joined ?? { name: 'node', bridge: null };
    words.push(`--hostname=${name}`, ...(bridge === null ? ['--private-network'] : networkWords(name, bridge)));
    words.push(...(this.#runsContainers ? CONTAINER_WORDS : []));
    // However this process exits, nspawn exits with it, and the guard kills the machine, which could outlive nspawn.
    const nspawn = ['setpriv', '--pdeathsig', 'KILL', 'systemd-nspawn', ...words, '-D', this.root];
    this.#cgroups = makeCgroup(basename(this.#directory));
    this.#guard = guardOf(this.#cgroups);
    const enter = this.#cgroups.map((group) => `echo $$ >'${group}/cgroup.procs'; `).join('');
    this.#nspawn = spawn('sh', ['-ec', `${enter}exec "$@"`, 'sh', ...nspawn], {
      stdio: ['ignore', console, console],
      detached: true,
      env: { ...process.env, ...(this.#runsContainers ? CONTAINER_ENVIRONMENT : {}) },
    });
    closeSync(console);
    const end = Date.now() + BOOT_LIMIT;
    for (;;) {
      this.#leader = firstProcessOf(this.#nspawn.pid);
      // "degraded" is a machine where some unit failed: whether that matters, the test asks.
      const state = this.#leader === 0 ? '' : (await this.run('systemctl', 'is-system-running')).stdout.trim();
      if (state === 'running' || state === 'degraded') return;
      if (this.#nspawn.exitCode !== null || Date.now() > end)
        throw new Error(`did not boot (${state}):\n${this.console()}`);
      await sleep(100);
    }
  }

  /** Runs a command in the machine, as root. */
  run(program: string, ...words: string[]): Promise<Ran> {
    return this.#enter(['--all'], ['env', '-i', `PATH=${PATH}`, 'LANG=C.UTF-8', 'HOME=/root', program, ...words]);
  }

  /** Runs a command in the machine as one of its users. */
  as(user: string, program: string, ...words: string[]): Promise<Ran> {
    return this.run('runuser', '-u', user, '--', program, ...words);
  }

  /** As `run`; throws, with the last lines of the machine's log, when the command does not exit with 0. Returns what it printed. */
  async must(program: string, ...words: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(program, ...words);
    if (code === 0) return stdout;
    const log = (await this.run('journalctl', '--no-pager', '--lines=25')).stdout;
    throw new Error(`${program} ${words.join(' ')} exited with ${code}:\n${stdout}${stderr}\n${log}`);
  }

  /** Runs a command of this machine with the network of that one, where nothing but loopback is. */
  inNetwork(program: string, ...words: string[]): Promise<Ran> {
    return this.#enter(['--net'], [program, ...words]);
  }

  /** As `inNetwork`, for a program that keeps running; the caller stops it, at the latest when the machine is off. */
  startInNetwork(program: string, ...words: string[]): ChildProcess {
    const enter = ['nsenter', '--target', String(this.#leader), '--net', program, ...words];
    return spawn('setpriv', ['--pdeathsig', 'KILL', ...enter], { stdio: ['ignore', 'pipe', 'inherit'] });
  }

  /** The output of the machine's console. */
  console(): string {
    return readFileSync(join(this.#directory, 'console.log'), 'utf8').slice(-5_000);
  }

  /** An orderly shutdown, as `poweroff` makes one. */
  async powerOff(): Promise<void> {
    if (this.#isOn()) process.kill(this.#leader, POWER_OFF);
    await this.#off(OFF_LIMIT);
  }

  /** The plug is pulled: no process of the machine runs on. */
  async cutPower(): Promise<void> {
    if (this.#isOn()) process.kill(this.#leader, 'SIGKILL');
    await this.#off(10_000);
  }

  async remove(): Promise<void> {
    await this.cutPower();
    here.delete(this);
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 5 });
  }

  /** For the exit of this process, when nothing can be awaited. */
  removeAtOnce(): void {
    try {
      if (this.#isOn()) process.kill(this.#leader, 'SIGKILL');
      this.#nspawn?.kill('SIGKILL');
      rmSync(this.#directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
      removeCgroup(this.#cgroups);
    } catch {
      // The next run sweeps it away.
    }
  }

  #isOn(): boolean {
    return (
      this.#nspawn !== null && this.#nspawn.exitCode === null && this.#nspawn.signalCode === null && this.#leader > 0
    );
  }

  async #off(limit: number): Promise<void> {
    const nspawn = this.#nspawn;
    if (nspawn === null) return;
    // The kernel lets a machine go only when the last process that entered it has been waited for.
    for (const child of this.#inside) child.kill('SIGKILL');
    if (nspawn.exitCode === null && nspawn.signalCode === null) {
      const late = setTimeout(() => nspawn.kill('SIGKILL'), limit);
      await once(nspawn, 'exit');
      clearTimeout(late);
    }
    this.#nspawn = null;
    this.#leader = 0;
    await this.#dismissGuard();
    removeCgroup(this.#cgroups);
    if (nspawn.signalCode === 'SIGKILL')
      throw new Error(`the machine was not off within ${limit / 1000} s:\n${this.console()}`);
  }

  async #dismissGuard(): Promise<void> {
    const guard = this.#guard;
    this.#guard = null;
    if (guard === null) return;
    const over = once(guard, 'exit');
    guard.stdin!.end();
    await over;
  }

  #enter(spaces: string[], words: string[]): Promise<Ran> {
    return new Promise((resolve) => {
      const child = execFile(
        'nsenter',
        ['--target', String(this.#leader), ...spaces, ...words],
        { timeout: COMMAND_LIMIT, maxBuffer: 64 * 1024 * 1024 },
        (error, stdout, stderr) => {
          this.#inside.delete(child);
          resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
        },
      );
      this.#inside.add(child);
    });
  }
}

/** Waits until its input is closed, at the latest when this process exits, and kills what is left in the control groups. */
function guardOf(groups: string[]): ChildProcess {
  const script = 'cat; find "$@" -name cgroup.procs -exec cat {} + | sort -u | xargs -r kill -KILL';
  return spawn('sh', ['-c', script, 'sh', ...groups], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
}

/** The name of its end of the cable is made of the machine's. */
function networkWords(name: string, bridge: string): string[] {
  return [`--machine=${name}-${process.pid}`, `--network-bridge=${bridge}`];
}

const here = new Set<Machine>();
process.once('exit', () => {
  for (const machine of here) machine.removeAtOnce();
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

/** A machine of the release that is switched off. The caller removes it; at the latest it is removed when this process exits. */
export async function makeMachine(release: Release, extras: Extras = NO_EXTRAS): Promise<Machine> {
  sweep();
  const base = await baseOf(release, extras.packages);
  const machine = new Machine(await mkdtemp(join(tmpdir(), TEMPORARY)), extras);
  here.add(machine);
  const { code, stderr } = await command('cp', ['-a', '--reflink=auto', base, machine.root]);
  if (code !== 0) throw new Error(`cp: ${stderr}`);
  return machine;
}

/** Directories and control groups of runs that were killed before they could remove them. */
function sweep(): void {
  const left = readdirSync(tmpdir()).filter(isLeftOver);
  for (const name of left) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  sweepCgroups(isLeftOver);
}

function isLeftOver(name: string): boolean {
  const pid = Number(/^certagent-e2e-(\d+)-/.exec(name)?.[1] ?? 0);
  return pid > 0 && !isAlive(pid);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** nspawn's child that is process 1 of its own machine; 0 while there is none. */
function firstProcessOf(pid: number | undefined): number {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
    return children.find((child) => /^NSpid:\t\d+\t1$/m.test(readFileSync(`/proc/${child}/status`, 'utf8'))) ?? 0;
  } catch {
    return 0;
  }
}
