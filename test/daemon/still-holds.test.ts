// What other programs and people begin during a renewal, seen on processes and a unit that are real but for systemctl.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { makeStillHolds } from '../../src/daemon/still-holds.ts';
import type { View } from '../../src/daemon/view.ts';
import type { Step } from '../../src/domain/model/plan.ts';
import { Root } from '../../src/host/root.ts';
import { steps } from '../domain/plan/step-parts.ts';
import { inventoryOf, NO_HISTORY, type NodeKind, policyOf } from '../support/inventory.ts';

type Shown = { state?: string; pid?: number; restarts?: number };

async function nodeOf(t: TestContext, kind: NodeKind) {
  const directory = await mkdtemp(join(tmpdir(), 'certagent-holds-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  await mkdir(join(directory, 'usr/bin'), { recursive: true });
  const show = async ({ state = 'active', pid = 10, restarts = 0 }: Shown): Promise<void> => {
    const lines = [
      'LoadState=loaded',
      `ActiveState=${state}`,
      'SubState=running',
      `MainPID=${pid}`,
      `NRestarts=${restarts}`,
      'Restart=always',
    ];
    await writeFile(join(directory, 'usr/bin/systemctl'), `#!/bin/sh\nprintf '${lines.join('\\n')}\\n'\n`);
    await chmod(join(directory, 'usr/bin/systemctl'), 0o755);
  };
  await show({});
  const view = { inventory: inventoryOf(kind), policy: policyOf(), history: NO_HISTORY } as View;
  const stillHolds = makeStillHolds(new Root(directory), async () => view);
  return {
    directory,
    show,
    code: async (step: Step = steps.cycle, isStoppedByPlan = false) =>
      (await stillHolds(step, isStoppedByPlan))?.code ?? null,
  };
}

const UNITS: [name: string, shown: Shown, expected: string | null][] = [
  ['as it was', {}, null],
  ['that somebody restarted', { pid: 11 }, 'UNIT_RESTARTED'],
  ['that crashed, and systemd started again', { pid: 11, restarts: 1 }, null],
  ['that somebody stopped', { state: 'inactive', pid: 0 }, 'UNIT_NOT_RUNNING'],
  ['that systemd starts again', { state: 'activating', pid: 0, restarts: 1 }, null],
];

for (const [name, shown, expected] of UNITS) {
  test(`a kubelet ${name}`, async (t) => {
    const node = await nodeOf(t, 'kubeadm');
    assert.equal(await node.code(), null);
    await node.show(shown);
    assert.equal(await node.code(), expected);
  });
}

/** A K3s after the plan's own restart: as it is right after it, as it is when the plan has failed. */
const AFTER_RESTART: [name: string, first: Shown, then: Shown, expected: string | null][] = [
  ['runs', { pid: 11 }, { pid: 11 }, null],
  ['was restarted by somebody', { pid: 11 }, { pid: 12 }, 'UNIT_RESTARTED'],
  ['crashes and is started again by systemd', { pid: 11 }, { pid: 12, restarts: 1 }, null],
  ['was stopped by somebody', { pid: 11 }, { state: 'inactive', pid: 0 }, 'UNIT_NOT_RUNNING'],
  ['never ran', { state: 'inactive', pid: 0 }, { state: 'inactive', pid: 0 }, null],
  ['does not come up', { state: 'failed', pid: 0 }, { state: 'failed', pid: 0 }, null],
];

for (const [name, first, then, expected] of AFTER_RESTART) {
  test(`a K3s that the plan itself has restarted: it ${name}`, async (t) => {
    const node = await nodeOf(t, 'k3s-server');
    assert.equal(await node.code(steps['restart-unit']), null);
    await node.show(first);
    assert.equal(await node.code(steps['await-ready']), null);
    await node.show(then);
    assert.equal(await node.code(steps['await-ready']), expected);
  });
}

test('a K3s that the plan has stopped does not count as stopped by a person, after a crash of certagent either', async (t) => {
  const node = await nodeOf(t, 'k3s-server');
  assert.equal(await node.code(steps['stop-unit']), null);
  await node.show({ state: 'inactive', pid: 0 });
  assert.equal(await node.code(steps['rotate-leaves'], true), null);
  assert.equal(await node.code(steps['restart-unit'], true), null);
  const next = await nodeOf(t, 'k3s-server');
  await next.show({ state: 'inactive', pid: 0 });
  assert.equal(await next.code(steps['rotate-leaves'], true), null);
  assert.equal(await next.code(steps['rotate-leaves']), 'UNIT_NOT_RUNNING');
});

for (const [words, expected] of [
  [['upgrade', 'apply'], 'UPGRADE_UNDER_WAY'],
  [['certs', 'renew', 'all'], 'UPGRADE_UNDER_WAY'],
  [['alpha', 'certs', 'renew', 'all'], 'UPGRADE_UNDER_WAY'],
  [['certs', 'check-expiration'], null],
  [['upgrade', 'plan'], null],
] as const) {
  test(`a second kubeadm: ${words.join(' ')}`, async (t) => {
    const node = await nodeOf(t, 'kubeadm');
    assert.equal(await node.code(), null);
    const idle = ['--eval=console.log(1);setInterval(() => {}, 1000)', '--', `--config=${node.directory}/x`];
    const other = spawn(process.execPath, [...idle, ...words], {
      argv0: 'kubeadm',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.after(() => other.kill('SIGKILL'));
    await once(other.stdout, 'data');
    assert.equal(await node.code(), expected);
  });
}
