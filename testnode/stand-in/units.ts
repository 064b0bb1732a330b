// systemd's part: starts and stops the process of a unit. Simplified: no supervisor watches, so a process that exits by
// itself is `failed` and not started again; a file says that the unit is ready.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HARD_WAY_UNITS, unitPath } from '../hard-way-layout.ts';
import { standInCommand } from '../launch.ts';
import type { NodeKind, NodeRecord } from '../options.ts';
import { k3sFlavour, unitOf } from '../options.ts';
import type { ProcessId } from './process.ts';
import { idOf, isAlive, readJson, signal, until } from './process.ts';

type UnitRecord = ProcessId & {
  stopped: boolean;
  enteredAt: number;
  /** As systemd names each start. */
  invocation: string;
  /** Size of the unit's log when it began. */
  logFrom: number;
};

export type Shown = {
  active: 'active' | 'activating' | 'failed' | 'inactive';
  sub: string;
  pid: number;
  enteredAt: number;
  invocation: string;
};

/**
 * Starts the unit's process and waits, without a limit: true once it is ready, false when it exited before. `block` false:
 * it does not wait.
 */
export async function startUnit(
  root: string,
  node: NodeRecord,
  { unit = unitOf(node.kind), block = true } = {},
): Promise<boolean> {
  if (show(root, unit).active === 'active') return true;
  mkdirSync(unitFile(root, ''), { recursive: true });
  rmSync(unitFile(root, `${unit}.ready`), { force: true });
  const [name, ...words] = commandOf(root, node.kind, unit);
  const { program, arguments: first, env } = standInCommand(name, root);
  const output = openSync(join(root, `run/demo/${unit}.out`), 'a');
  const child = spawn(program, [...first, ...words], { detached: true, stdio: ['ignore', output, output], env });
  closeSync(output);
  child.unref();
  const id = idOf(child.pid ?? -1);
  const [invocation, logFrom] = [randomBytes(16).toString('hex'), sizeOf(logFile(root, unit))];
  record(root, unit, { ...id, stopped: false, enteredAt: Date.now(), invocation, logFrom });
  // These do not say when they are ready.
  if (node.kind === 'hard-way') writeFileSync(unitFile(root, `${unit}.ready`), String(id.pid));
  if (!block) return true;
  const ready = await until(() => isReady(root, unit, id) || !isAlive(id), Number.POSITIVE_INFINITY);
  return ready && isReady(root, unit, id) && isAlive(id);
}

/** The units of a node, in the order of their start. */
export function unitsOf({ kind }: NodeRecord): string[] {
  return kind === 'hard-way' ? HARD_WAY_UNITS : [unitOf(kind)];
}

function commandOf(root: string, kind: NodeKind, unit: string): [program: string, ...words: string[]] {
  if (kind === 'hard-way') return [unit, ...flagsInUnit(root, unit)];
  if (kind === 'k0s-controller') return ['k0s', 'controller'];
  const flavour = k3sFlavour(kind);
  return flavour === undefined ? ['kubelet'] : [flavour, kind.endsWith('-server') ? 'server' : 'agent'];
}

/** With the root prefix put before every path. */
function flagsInUnit(root: string, unit: string): string[] {
  const lines = readFileSync(join(root, unitPath(unit)), 'utf8').replace(/\\\n\s*/g, ' ');
  const [, ...flags] = /^ExecStart=(.*)$/m.exec(lines)![1]!.split(/\s+/);
  return flags.map((flag) => flag.replace(/^(--[a-z-]+=)(?=\/)/, `$1${root === '/' ? '' : root}`));
}

/** Stops the unit's process: SIGTERM, then SIGKILL. */
export async function stopUnit(root: string, node: NodeRecord, unit: string = unitOf(node.kind)): Promise<void> {
  const last = readJson<UnitRecord>(unitFile(root, `${unit}.json`));
  if (last === undefined) return;
  record(root, unit, { ...last, stopped: true });
  signal(last, 'SIGTERM');
  if (!(await until(() => !isAlive(last), Math.max(90_000 * node.speed, 3_000)))) signal(last, 'SIGKILL');
  await until(() => !isAlive(last), 3_000);
}

export function show(root: string, unit: string): Shown {
  const last = readJson<UnitRecord>(unitFile(root, `${unit}.json`));
  if (last === undefined) return { active: 'inactive', sub: 'dead', pid: 0, enteredAt: 0, invocation: '' };
  const { pid, enteredAt, invocation } = last;
  if (isAlive(last)) {
    return isReady(root, unit, last)
      ? { active: 'active', sub: 'running', pid, enteredAt, invocation }
      : { active: 'activating', sub: 'start', pid, enteredAt, invocation };
  }
  return last.stopped
    ? { active: 'inactive', sub: 'dead', pid: 0, enteredAt, invocation }
    : { active: 'failed', sub: 'failed', pid: 0, enteredAt, invocation };
}

/** What its last start logged, where `invocation` is that one; empty for earlier ones. */
export function loggedBy(root: string, unit: string, invocation: string | undefined): string[] {
  const last = readJson<UnitRecord>(unitFile(root, `${unit}.json`));
  if (last === undefined || (invocation !== undefined && last.invocation !== invocation)) return [];
  const from = invocation === undefined ? 0 : last.logFrom;
  const lines = existsSync(logFile(root, unit)) ? readFileSync(logFile(root, unit)).subarray(from).toString() : '';
  return lines.split('\n').filter((line) => line !== '');
}

const logFile = (root: string, unit: string): string => join(root, `run/demo/${unit}.log`);

function sizeOf(file: string): number {
  return existsSync(file) ? statSync(file).size : 0;
}

/** The unit's own process calls this when it is ready. Where a real systemd runs the unit, it hears it too. */
export function tellReady(root: string, unit: string): void {
  mkdirSync(unitFile(root, ''), { recursive: true });
  writeFileSync(unitFile(root, `${unit}.ready`), String(process.pid));
  if (process.env.NOTIFY_SOCKET === undefined) return;
  spawn('systemd-notify', ['--ready', `--pid=${process.pid}`], { stdio: 'ignore' }).on('error', () => {});
}

function isReady(root: string, unit: string, { pid }: ProcessId): boolean {
  try {
    return readFileSync(unitFile(root, `${unit}.ready`), 'utf8') === String(pid);
  } catch {
    return false;
  }
}

function record(root: string, unit: string, state: UnitRecord): void {
  writeFileSync(unitFile(root, `${unit}.json`), JSON.stringify(state));
}

function unitFile(root: string, name: string): string {
  return join(root, 'run/demo/units', name);
}
