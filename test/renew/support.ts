// A throw-away node that runs, the plan that certagent makes for it, and what the node looks like before and after.
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { decide } from '../../src/domain/decide/decide.ts';
import type { JournalRecord, Progress } from '../../src/domain/model/journal.ts';
import type { RenewalPlan } from '../../src/domain/model/plan.ts';
import { BACKUPS_DIR, makePlan, type PlanSettings } from '../../src/domain/plan/planner.ts';
import type { RestartMethod } from '../../src/domain/plan/steps/static-pod-restart.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import { readLeaf } from '../../src/host/leaf.ts';
import { Root } from '../../src/host/root.ts';
import { observe } from '../../src/observe/observe.ts';
import { sha256 } from '../../src/renew/backup/backup-manifest.ts';
import { componentProcesses } from '../../src/renew/components/component-processes.ts';
import type { RenewContext } from '../../src/renew/engine/renew-context.ts';
import { type Journal, openJournal } from '../../src/renew/journal/journal-file.ts';
import { ACTORS } from '../../src/renew/steps/actors.ts';
import { type Faults, makeNode, type NodeOptions, type TestNode } from '../../testnode/node.ts';
import { quickStandIns } from '../testnode/bundle.ts';

export type Stage = {
  node: TestNode;
  root: Root;
  plan: RenewalPlan;
  journal: Journal;
  told: Progress[];
  context: RenewContext;
  faults: (faults: Partial<Faults>) => Promise<void>;
};

/** What ends only a test that fails: a node takes minutes to start where the machine has much else to do. */
const LONG = 300_000;

/** A test of a limit that passes sets that one itself. */
const LIMITS: PlanSettings['limits'] = {
  kubeadm: LONG,
  component: LONG,
  etcdPatience: 2_000,
  restart: LONG,
  settle: 300,
  listener: LONG,
  served: LONG,
  clients: LONG,
};

export async function stage(
  t: TestContext,
  options: Partial<NodeOptions> & {
    limits?: Partial<PlanSettings['limits']>;
    cycle?: RestartMethod;
    names?: string[];
    neighbours?: PlanSettings['neighbours'];
    force?: boolean;
  } = {},
): Promise<Stage> {
  const directory = await mkdtemp(join(tmpdir(), 'certagent-renew-'));
  const { limits, cycle = 'signal', neighbours = 'report', names, force = false, ...nodeOptions } = options;
  await quickStandIns();
  const node = await makeNode({
    root: join(directory, 'node'),
    kind: 'kubeadm',
    leafEnds: Date.now() + 20 * DAY,
    ...nodeOptions,
  });
  t.after(async () => {
    await node.remove();
    await rm(directory, { recursive: true, force: true });
  });
  await node.start({ longRunning: true });
  const root = new Root(node.root);
  const journal = await openJournal(root);
  t.after(() => journal.close());
  const told: Progress[] = [];
  return {
    node,
    root,
    plan: only(names, await planFor(root, { cycle, neighbours, limits: { ...LIMITS, ...limits } }, force)),
    journal,
    told,
    context: {
      root,
      journal,
      actors: ACTORS,
      now: Date.now,
      progress: (each) => told.push(each),
      backups: 5,
      pollInterval: 100,
    },
    faults: (faults) => node.faults(faults),
  };
}

/** Fewer certificates make a quicker test: each kubeadm call is a process. */
function only(names: string[] | undefined, plan: RenewalPlan): RenewalPlan {
  if (names === undefined) return plan;
  const steps = plan.steps.flatMap((step): RenewalPlan['steps'] => {
    if (step.kind === 'kubeadm-renew') return names.includes(step.name) ? [step] : [];
    if (step.kind !== 'verify-files') return [step];
    return [{ ...step, expect: step.expect.filter(({ id }) => names.includes(id)) }];
  });
  return { ...plan, certificates: names, steps };
}

type Settings = Pick<PlanSettings, 'cycle' | 'neighbours' | 'limits'>;

/** A busy machine makes a node look unhealthy for a moment: then it is looked at once more. */
async function planFor(root: Root, settings: Settings, force: boolean): Promise<RenewalPlan> {
  let found = await look(root, settings, force);
  for (let times = 1; found.plan === null && times < 10; times += 1) {
    await sleep(1_000);
    found = await look(root, settings, force);
  }
  assert.ok(found.plan, `no plan: ${JSON.stringify(found.renewal)}`);
  return found.plan;
}

async function look(root: Root, settings: Settings, force: boolean) {
  const now = Date.now();
  const config = { copies: { mode: 'off', paths: [], users: [] }, watch: { paths: [] } };
  const inventory = await observe({ root, config: { node: {}, ...config } as never, now });
  const decisions = decide({
    inventory,
    policy: {
      mode: 'renew',
      opens: 90 * DAY,
      urgent: 30 * DAY,
      maintenance: { days: [0, 1, 2, 3, 4, 5, 6], start: 0, end: 0, timeZone: 'UTC' },
      triesPerDay: 3,
      nodeDelay: 0,
      kubelet: true,
      heal: true,
      rehearse: 'auto',
    },
    history: { attempts: [] },
    now,
    request: { kind: 'manual', force },
  });
  const plan = makePlan({
    inventory,
    decisions,
    settings: { kubeadmConfig: null, sans: false, rehearse: 'auto', backups: BACKUPS_DIR, ...settings },
    planId: `plan-${now}`,
    now,
  });
  return { plan, renewal: decisions.renewal };
}

/** Every file of the plan's backup as it is now: to compare byte for byte. */
export async function snapshot(root: Root, directories: string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const directory of directories) {
    for (const entry of await readdir(root.at(directory), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || entry.parentPath.endsWith('/manifests')) continue;
      const path = join(entry.parentPath, entry.name);
      const { mode, uid, gid } = await stat(path);
      found.set(root.own(path), `${(mode & 0o7777).toString(8)} ${uid}:${gid} ${sha256(await readFile(path))}`);
    }
  }
  return found;
}

export const KUBEADM_FILES = ['/etc/kubernetes'];

export async function pids(root: Root, plan: RenewalPlan): Promise<Record<string, number[]>> {
  const found: Record<string, number[]> = {};
  for (const step of plan.steps) {
    const cycle = step.kind === 'cycle' ? step : step.kind === 'cycle-unless-served' ? step.cycle : null;
    if (cycle === null) continue;
    found[cycle.component] = (await componentProcesses(root, cycle)).map(({ pid }) => pid);
  }
  return found;
}

export async function endsOf(root: Root, plan: RenewalPlan): Promise<Record<string, number>> {
  const ends: Record<string, number> = {};
  for (const step of plan.steps) {
    const expects = step.kind === 'verify-files' ? step.expect : step.kind === 'await-listener' ? [step.expect] : [];
    for (const { id, path } of expects) ends[id] = (await readLeaf(root, path)).certificate.notAfter;
  }
  return ends;
}

export function typesOf(records: JournalRecord[]): string[] {
  return records.map(({ type }) => type);
}

/** For every step: its undo was in the journal before it was done. */
export function assertJournalled(records: JournalRecord[]): void {
  const started = new Set<number>();
  for (const record of records) {
    if (record.type === 'step-started') started.add(record.step);
    if (record.type === 'step-done') assert.ok(started.has(record.step), `step ${record.step} done without a start`);
  }
}
