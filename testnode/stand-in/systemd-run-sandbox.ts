// What the stand-in for systemd-run makes of a rehearsal: one transient unit, `--wait --pipe`. Simplified: nothing is mounted. BindPaths=
// says where the copies are, and the node's programs that run inside work on a node made of these copies: with an address
// of its own (127.0.0.2) for the private network, and what else the node keeps outside of its files. Limits are taken and ignored.
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startEnvironment } from '../launch.ts';
import { idOf, type ProcessId, readJson, signal, stay } from './process.ts';

const PRIVATE = '127.0.0.2';

export async function rehearse(root: string, words: string[]): Promise<void> {
  const end = words.indexOf('--');
  const [options, [program = '', ...first]] = [words.slice(0, end), words.slice(end + 1)];
  const optionOf = (name: string) => options.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3);
  const unit = (optionOf('unit') ?? `run-${process.pid}.service`).replace(/\.service$/, '');
  const image = imageOf(options);
  if (end < 0 || image === undefined) return refuse('Failed to start transient service unit: no program, or no copy.');
  stay(root, unit);
  layOutImage(root, image);
  const child = spawn(program, first.map(expanded), {
    stdio: ['pipe', 'inherit', 'inherit'],
    env: { PATH: '/usr/bin:/bin', HOME: '/root', ...startEnvironment(), DEMO_NODE_ROOT: image, DEMO_ADDRESS: PRIVATE },
  });
  note(root, unit, { helper: idOf(child.pid ?? -1), image });
  child.stdin.on('error', () => {});
  const input = createInterface({ input: process.stdin });
  input.on('line', (line) => child.stdin.write(`${line.replaceAll('"host":"127.0.0.1"', `"host":"${PRIVATE}"`)}\n`));
  input.once('close', () => child.stdin.end());
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => endRehearsal(root, unit));
  child.once('exit', (code) => {
    endRehearsal(root, unit);
    process.exit(code ?? 1);
  });
}

/** Of the variables that systemd expands in a command line, save in the program's path, only the escape is known here. */
export function expanded(word: string): string {
  if (/(?<!\$)(\$\$)*\$(?!\$)/.test(word)) throw new Error(`systemd would expand ${word}`);
  return word.replaceAll('$$', '$');
}

type Transient = { helper: ProcessId; image: string };

/** Ends everything in the unit, as its control group would; false: there is no such unit. */
export function endRehearsal(root: string, unit: string): boolean {
  const known = readJson<Transient>(noteOf(root, unit));
  if (known === undefined) return false;
  signal(known.helper, 'SIGKILL');
  const pids = join(known.image, 'run/demo/pids');
  for (const id of registeredIn(pids)) signal(id, 'SIGKILL');
  rmSync(noteOf(root, unit), { force: true });
  return true;
}

function registeredIn(directory: string): ProcessId[] {
  return listed(directory).flatMap((name) => readJson<ProcessId>(join(directory, name)) ?? []);
}

function listed(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}

/** IMAGE of "BindPaths=IMAGE/etc/kubernetes:/etc/kubernetes". */
export function imageOf(options: string[]): string | undefined {
  const binds = options.flatMap((word) => /^--property=BindPaths=(.*)$/.exec(word)?.[1]?.split(/\s+/) ?? []);
  const [source, target] = binds[0]?.split(':') ?? [];
  return source?.endsWith(target ?? '\0') === true ? source.slice(0, -target!.length) : undefined;
}

/** What makes a stand-in take the copies for a node. */
function layOutImage(root: string, image: string): void {
  mkdirSync(join(image, 'run/demo'), { recursive: true });
  mkdirSync(join(image, 'etc'), { recursive: true });
  for (const path of ['etc/demo-node.json', 'etc/demo-faults.json', 'run/demo/datastore', 'run/demo/owner.json'])
    if (existsSync(join(root, path)))
      cpSync(join(root, path), join(image, path), { recursive: true, preserveTimestamps: true });
}

const noteOf = (root: string, unit: string): string => join(root, 'run/demo/rehearsals', `${unit}.json`);

function note(root: string, unit: string, transient: Transient): void {
  mkdirSync(join(root, 'run/demo/rehearsals'), { recursive: true });
  writeFileSync(noteOf(root, unit), JSON.stringify(transient));
}

function refuse(text: string): void {
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
}
