// One try: the agent is killed at a point, and perhaps once more while it recovers; then it is started again.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { restartsOf } from '../../src/domain/plan/plan-parts.ts';
import { ANSWERS, type Ground } from './ground.ts';
import { type Faulty, faultsOf, journalOf, stateOf, stepInHand } from './invariants.ts';

/** POWER: SIGKILL, and the disk has nothing that was not synced. */
export type Signal = 'SIGKILL' | 'SIGTERM' | 'POWER';

export type Try = {
  /** The call in which the agent was killed; null when it had finished before. */
  point: string | null;
  /** The same of the second kill; null when there was none. */
  second: string | null;
  /** How many points the recovery had. */
  points: number;
  faults: Faulty[];
};

const AGENT = fileURLToPath(new URL('./agent.ts', import.meta.url));
const PRELOAD = new URL('./preload.ts', import.meta.url).href;
/** Nothing takes so long: what hangs is a defect, and is reported instead of awaited. */
const LIMIT = 600_000;

type Ended = { signal: string | null; code: number | null; stdout: string; stderr: string; points: string[] };

/** The points of a whole renewal, in order. Throws when the plan is not what it is there to try. */
export async function pointsOf(ground: Ground): Promise<string[]> {
  await ground.reset();
  const { code, signal, points, stderr } = await agent(ground, asks(ground), 0);
  if (code !== 0) throw new Error(`the run that counts ended with ${code ?? signal}\n${stderr}`);
  const { records } = await journalOf(ground.node.root);
  const plan = records.findLast((record) => record.type === 'plan-started')?.plan;
  const end = records.findLast((record) => record.type === 'plan-ended');
  assert.equal(plan?.restores !== undefined, ground.plan.restores === true, ground.plan.name);
  assert.equal(end?.result, ground.plan.ends, ground.plan.name);
  const methods = new Set(plan === undefined ? [] : restartsOf(plan).map(({ method }) => method));
  assert.deepEqual([...methods], ground.plan.restarts === null ? [] : [ground.plan.restarts], ground.plan.name);
  return points;
}

/** Kills the agent at point `at`, perhaps once more at point `second` of its recovery, and checks how it recovers. */
export async function tryAt(
  ground: Ground,
  at: number,
  { second = 0, signal = 'SIGKILL' }: { second?: number; signal?: Signal } = {},
): Promise<Try> {
  await ground.reset();
  const first = await agent(ground, asks(ground), at, signal);
  await orphans(ground.node.root);
  const result: Try = { point: first.points[at - 1] ?? null, second: null, points: 0, faults: [] };
  const states = [await stateOf(ground)];
  if (signal === 'SIGTERM') result.faults.push(...(await stepInHand(ground)));
  if (first.signal === null && first.code !== 0) result.faults.push({ what: 'first run', detail: first.stderr });
  if (second > 0) {
    const cut = await agent(ground, 'check', second);
    await orphans(ground.node.root);
    result.second = cut.points[second - 1] ?? null;
    states.push(await stateOf(ground));
  }
  const last = await settled(ground);
  result.points = last.points.length;
  if (last.code !== 0) result.faults.push({ what: 'recovery', detail: last.stderr || `${last.signal}` });
  if (last.stdout !== '') result.faults.push({ what: 'one more cycle changes', detail: last.stdout });
  result.faults.push(...(await faultsOf(ground, states)));
  return result;
}

/** The next start. A machine that has much else to do can make a node look unready: then the agent waits, and is asked once more. */
async function settled(ground: Ground): Promise<Ended> {
  let last = await agent(ground, 'settle', 0);
  for (let times = 1; times < PATIENCE && last.code === 0 && (await waits(ground)); times += 1)
    last = await agent(ground, 'settle', 0);
  return last;
}

const PATIENCE = 5;

async function waits({ node, plan }: Ground): Promise<boolean> {
  if (plan.restores === true || plan.installs === true) return false;
  const { records } = await journalOf(node.root);
  return !records.some(({ type }) => type === 'plan-ended');
}

const asks = ({ plan }: Ground): string =>
  plan.installs === true ? 'install' : plan.restores === true ? 'restore' : 'renew';

/** Runs agent.ts until it exits, is killed at point `at` (0: never), or hangs. */
export async function agent(
  ground: Pick<Ground, 'directory' | 'node'>,
  asked: string,
  at: number,
  signal = 'SIGKILL',
): Promise<Ended> {
  const log = join(ground.directory, 'points');
  const words = [AGENT, ground.node.root, asked, join(ground.directory, ANSWERS)];
  const child = spawn(process.execPath, ['--no-warnings', `--import=${PRELOAD}`, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(ground.directory, 'compile-cache'),
      CRASH_AT: String(at),
      CRASH_SIGNAL: signal,
      CRASH_LOG: log,
      CRASH_ROOT: ground.node.root,
    },
  });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
    });
  const late = setTimeout(() => child.kill('SIGKILL'), LIMIT);
  // Not "close": a child of the agent's that outlives it may hold the pipe.
  const [code, ended] = (await once(child, 'exit')) as [number | null, string | null];
  clearTimeout(late);
  if (ended === null)
    await Promise.race([Promise.all([once(child.stdout, 'close'), once(child.stderr, 'close')]), sleep(1_000)]);
  child.stdout.destroy();
  child.stderr.destroy();
  const points = (await readFile(log, 'utf8')).split('\n').slice(0, -1);
  return { code, signal: ended, ...said, points };
}

/**
 * A killed agent's kubeadm writes on by itself, and its systemctl is what systemd does there. On a machine the agent finds
 * the one (which it cannot tell by name on a throw-away node), and systemd does one job after the other.
 */
async function orphans(root: string): Promise<void> {
  for (let left = await programsOf(root); left > 0; left = await programsOf(root)) await sleep(20);
}

const PROGRAMS = ['kubeadm', 'systemctl', 'systemd-run'];

async function programsOf(root: string): Promise<number> {
  let count = 0;
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
    const standIn = words.includes(root) && PROGRAMS.some((name) => words.includes(name));
    if (standIn || words.some((word) => PROGRAMS.some((name) => word === `${root}/usr/bin/${name}`))) count += 1;
  }
  return count;
}
