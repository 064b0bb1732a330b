// One static pod: a process that is replaced when its manifest's content changes, and started again when it ends, with the
// waits of the node's version of the kubelet (all of them times the node's speed).
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { standInCommand } from '../launch.ts';
import { type NodeRecord, readNodeRecord, versionNumbers } from '../options.ts';
import { hideProcess, notePod, type PodNames, showProcess } from './proc.ts';
import type { ProcessId } from './process.ts';
import { idOf, isAlive, log, readJson, signal, sleep, until } from './process.ts';

/** `uid`: made of the manifest's content, so that a changed manifest is another pod. */
export type PodSpec = PodNames & { command: string[]; uid: string };

type Running = ProcessId & { file: string; name: string; uid: string };

const POLL = 20;
/** From SIGTERM to SIGKILL. */
const GRACE = 30_000;
/** Before a container is started for the third time: this, doubled each time. */
const BACK_OFF = 10_000;
const LONGEST_BACK_OFF = 300_000;
/** A pod that ran so long has its back-off forgotten. */
const FORGOTTEN = 600_000;

/** Milliseconds until a container runs again: in a changed pod (from the exit of the previous one), and in the same pod. */
type Waits = { replaced(name: string): number; restarted(name: string): number };

/** Measured on v1.22, and on v1.36: there a changed pod waits for the kubelet's next sync. */
const OLD: Waits = {
  replaced: (name) => ({ 'kube-apiserver': 2_000, etcd: 400 })[name] ?? 300,
  restarted: () => 5_000,
};
const TODAY: Waits = { replaced: () => 11_000, restarted: (name) => (name === 'etcd' ? 8_000 : 1_000) };

function waitsOf({ version }: NodeRecord): Waits {
  return versionNumbers(version)[1] > 22 ? TODAY : OLD;
}

/** The pods an earlier kubelet left running. */
export function podsBefore(root: string, node: NodeRecord): Map<string, Pod> {
  const directory = join(root, 'run/demo/pods');
  mkdirSync(directory, { recursive: true });
  const pods = new Map<string, Pod>();
  for (const name of readdirSync(directory).filter((each) => each.endsWith('.json'))) {
    const running = readJson<Running>(join(directory, name));
    if (running === undefined || !isAlive(running)) continue;
    pods.set(running.file, new Pod(root, node, running.file, running));
    log(root, 'kubelet', `Found running pod file=${running.file} name=${running.name} pid=${running.pid}`);
  }
  return pods;
}

export class Pod {
  readonly #root: string;
  readonly #node: NodeRecord;
  readonly #file: string;
  readonly #starts = new Map<string, { count: number; last: number }>();
  #wanted: PodSpec | null = null;
  #running: Running | null;
  #told = false;

  constructor(root: string, node: NodeRecord, file: string, running: Running | null = null) {
    this.#root = root;
    this.#node = node;
    this.#file = file;
    this.#running = running;
    if (running !== null) this.#starts.set(running.uid, { count: 1, last: Date.now() });
  }

  /** What the manifests directory says now; null: the file is gone. */
  want(spec: PodSpec | null): void {
    this.#wanted = spec;
    if (this.#told) return;
    this.#told = true;
    void this.#work();
  }

  async #work(): Promise<void> {
    for (;;) {
      const wanted = this.#wanted;
      if (this.#running !== null && !isAlive(this.#running)) this.#ended();
      else if (this.#running !== null && this.#running.uid !== wanted?.uid) await this.#end();
      else if (this.#running === null && wanted !== null) await this.#start(wanted);
      else await sleep(POLL);
    }
  }

  async #end(): Promise<void> {
    const { name, pid, uid } = this.#running!;
    log(this.#root, 'kubelet', `Killing pod file=${this.#file} name=${name} pid=${pid}`);
    signal(this.#running!, 'SIGTERM');
    const ended = await until(() => !isAlive(this.#running!), Math.max(GRACE * this.#node.speed, 2_000));
    if (!ended) signal(this.#running!, 'SIGKILL');
    await until(() => !isAlive(this.#running!), 2_000);
    this.#ended();
    if (this.#wanted !== null && this.#wanted.uid !== uid) await this.#pause(waitsOf(this.#node).replaced(name));
  }

  #ended(): void {
    const { name, pid } = this.#running!;
    log(this.#root, 'kubelet', `Pod ended file=${this.#file} name=${name} pid=${pid}`);
    rmSync(this.#record, { force: true });
    hideProcess(this.#root, pid);
    this.#running = null;
  }

  async #start(spec: PodSpec): Promise<void> {
    const before = this.#starts.get(spec.uid) ?? { count: 0, last: 0 };
    const forgotten = Date.now() - before.last > FORGOTTEN * this.#node.speed;
    const count = before.count > 1 && forgotten ? 1 : before.count;
    if (count > 0) {
      const wait =
        count === 1
          ? waitsOf(this.#node).restarted(spec.name)
          : Math.min(BACK_OFF * 2 ** (count - 2), LONGEST_BACK_OFF);
      log(this.#root, 'kubelet', `Back-off file=${this.#file} name=${spec.name} wait=${wait * this.#node.speed}ms`);
      const end = Date.now() + wait * this.#node.speed;
      // A changed manifest is another pod, which does not wait for this one's back-off.
      while (Date.now() < end && this.#wanted?.uid === spec.uid) await sleep(POLL);
      if (this.#wanted?.uid !== spec.uid) return;
    }
    this.#starts.set(spec.uid, { count: count + 1, last: Date.now() });
    notePod(this.#root, this.#node, spec, spec.uid);
    const process = launch(this.#root, spec);
    const isFirst = !existsSync(this.#everStarted);
    showProcess(this.#root, this.#node, process.pid, spec.uid, isFirst);
    writeFileSync(this.#everStarted, '');
    this.#running = { ...process, file: this.#file, name: spec.name, uid: spec.uid };
    writeFileSync(this.#record, JSON.stringify(this.#running));
    log(this.#root, 'kubelet', `Started pod file=${this.#file} name=${spec.name} pid=${this.#running.pid}`);
  }

  #pause(milliseconds: number): Promise<void> {
    return sleep(milliseconds * this.#node.speed);
  }

  get #everStarted(): string {
    return join(this.#root, 'run/demo/pods', `${this.#file}.started`);
  }

  get #record(): string {
    return join(this.#root, 'run/demo/pods', `${this.#file}.json`);
  }
}

/** Starts a component under its own name, with the root prefix put before every path in its arguments. */
export function launch(root: string, { name, command }: Pick<PodSpec, 'name' | 'command'>): ProcessId {
  const [program, ...flags] = command;
  const component = basename(program ?? '');
  const etcd = component === 'etcd' ? readNodeRecord(root).etcd : null;
  const real = etcd === null ? null : { program: etcd, arguments: [], env: {} };
  const { program: executable, arguments: first, env } = real ?? standInCommand(component, root);
  const prefix = root === '/' ? '' : root;
  const prefixed = flags.map((flag) => flag.replace(/^(--[a-z-]+=)(?=\/)/, `$1${prefix}`));
  const output = openSync(join(root, `run/demo/${name}.out`), 'a');
  const child = spawn(executable, [...first, ...prefixed], {
    argv0: component,
    detached: true,
    stdio: ['ignore', output, output],
    env,
  });
  child.on('error', () => {});
  closeSync(output);
  return idOf(child.pid ?? -1);
}
