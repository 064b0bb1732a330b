// A running node with its agent and a fault, and the checks that nothing has changed afterwards.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Inbox, openInbox } from '../../demo/inbox.ts';
import { type Agent, makeAgent } from '../../src/daemon/agent.ts';
import type { PlanOutcome, Progress } from '../../src/domain/model/journal.ts';
import type { Step } from '../../src/domain/model/plan.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import { silentLog } from '../../src/host/logger.ts';
import { CONFIG_FILE, Root } from '../../src/host/root.ts';
import type { Faults, NodeOptions, TestNode } from '../../testnode/node.ts';
import { configure, fingerprints, toldAtLast } from '../daemon/support.ts';
import { nodeFor } from '../testnode/support.ts';

export type Ground = { node: TestNode; agent: Agent; inbox: Inbox; root: Root; before: Record<string, string> };

export type AtEnd = (ending: () => Promise<unknown>) => void;

export type GroundOptions = Partial<NodeOptions> & {
  /** Days until the leaves expire; default 20, which is urgent. */
  days?: number;
  /** Keys of [renew] beside the limits of `LIMITS`. */
  renew?: Record<string, string>;
  faults?: Partial<Faults>;
  /** Between the making of the node and its start. */
  prepare?: (node: TestNode, atEnd: AtEnd) => Promise<void>;
};

/** For everything but the fault itself; generous, because the machine may be busy. */
const LIMITS = {
  kubeadm_limit: '120s',
  component_limit: '120s',
  served_limit: '120s',
  listener_limit: '120s',
  settle: '1s',
  restart_limit: '120s',
  etcd_patience: '3s',
};

export async function ground(t: TestContext, options: GroundOptions = {}): Promise<Ground> {
  const { days = 20, renew = {}, faults, prepare, ...nodeOptions } = options;
  const speed = nodeOptions.kind?.startsWith('k3s') ? 0.1 : 0.02;
  // Before the node's own: what is mounted in it must be gone when its directory is removed.
  const endings: (() => Promise<unknown>)[] = [];
  t.after(async () => {
    for (const end of endings.toReversed()) await end();
  });
  const node = await nodeFor(t, { leafEnds: Date.now() + days * DAY, speed, ...nodeOptions });
  await prepare?.(node, (ending) => endings.push(ending));
  await node.start({ longRunning: true });
  if (faults !== undefined) await node.faults(faults);
  const inbox = await openInbox();
  const keys = Object.entries({ ...LIMITS, ...renew }).map(([key, value]) => `${key} = "${value}"`);
  await configure(node, `[renew]\n${keys.join('\n')}`, inbox);
  const root = new Root(node.root);
  const agent = await makeAgent({ root, configFile: CONFIG_FILE, now: Date.now, log: silentLog });
  endings.push(
    () => inbox.close(),
    () => agent.close(),
  );
  return { node, agent, inbox, root, before: await fingerprints(node) };
}

/** Puts a shell script in front of one of the node's programs; in it "$REAL" is the program itself. */
export async function inFrontOf(node: TestNode, path: string, script: string): Promise<void> {
  const at = join(node.root, path);
  if (!existsSync(`${at}.real`)) await rename(at, `${at}.real`);
  await writeFile(at, `#!/bin/sh\nREAL='${at}.real'\n${script}\nexec "$REAL" "$@"\n`);
  await chmod(at, 0o755);
}

/** A renewal by hand; `at` is called, before anything of it is done, when a step of that kind starts for the first time. */
export async function renewWith(
  agent: Agent,
  kind: Step['kind'] | null = null,
  at: () => void = () => {},
): Promise<{ outcome: PlanOutcome; progress: Progress[] }> {
  const { plan } = await agent.plan({ force: false });
  const progress: Progress[] = [];
  let over = kind === null;
  const outcome = await agent.renew({ force: false }, (step) => {
    progress.push(step);
    if (over || step.state !== 'started' || plan?.steps[step.step]?.kind !== kind) return;
    over = true;
    at();
  });
  assert.ok(outcome !== null, 'a renewal was tried');
  return { outcome, progress };
}

/** Every certificate, key and kubeconfig is as before, byte for byte; in manifests an annotation may differ. */
export async function assertAsBefore({ node, before }: Ground): Promise<void> {
  const after = await fingerprints(node);
  assert.deepEqual(Object.keys(after), Object.keys(before), 'no file more, no file less');
  for (const [path, sha256] of Object.entries(before))
    if (!path.includes('/manifests/')) assert.equal(after[path], sha256, path);
}

export async function assertTold(inbox: Inbox, pattern: RegExp): Promise<void> {
  assert.match((await toldAtLast(inbox, pattern)).join(', '), pattern);
}

/** Why a test that mounts cannot run here; false when it can. */
export const noMounts: string | false = (() => {
  if (process.getuid?.() !== 0) return 'mounting needs root';
  try {
    execFileSync('mountpoint', ['-q', '/proc'], { stdio: 'ignore' });
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'this machine does not let us mount';
  }
})();

export type Disk = { fill(): void; free(): void; readOnly(): void; writable(): void };

/** Lays a small disk of its own under a directory of the node, with what is in it. */
export async function ownDisk(node: TestNode, path: string, size: string, atEnd: AtEnd): Promise<Disk> {
  const at = join(node.root, path);
  const kept = await mkdtemp(join(tmpdir(), 'certagent-disk-'));
  await mkdir(at, { recursive: true, mode: 0o700 });
  execFileSync('cp', ['-a', `${at}/.`, kept]);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=755`, 'certagent-test', at]);
  execFileSync('cp', ['-a', `${kept}/.`, at]);
  await rm(kept, { recursive: true });
  let covered = false;
  const disk: Disk = {
    // Until there is not a byte left, whatever the size of a block.
    fill: () => void execFileSync('sh', ['-c', `cat /dev/zero >> '${at}/.filler' 2>/dev/null || true`]),
    free: () => rmSync(join(at, '.filler'), { force: true }),
    // A second, read-only mount on top: the first one cannot be changed while somebody has a file of it open.
    readOnly: () => {
      execFileSync('mount', ['--bind', at, at]);
      covered = true;
      execFileSync('mount', ['-o', 'remount,ro,bind', at]);
    },
    writable: () => {
      if (covered) execFileSync('umount', ['--lazy', at]);
      covered = false;
    },
  };
  atEnd(async () => {
    disk.writable();
    execFileSync('umount', ['--lazy', at]);
  });
  return disk;
}
