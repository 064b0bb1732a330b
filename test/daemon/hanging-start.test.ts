// A K3s server whose start hangs already when certagent begins to watch it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Root } from '../../src/host/root.ts';
import { type UnitState, unitState } from '../../src/host/systemd.ts';
import { journalOfStart } from '../../src/host/unit-journal.ts';
import type { TestNode } from '../../testnode/node.ts';
import { run } from '../testnode/support.ts';
import { fingerprints, type SceneOptions, scene, toldAtLast } from './support.ts';

const V1_32: SceneOptions = { kind: 'k3s-server', days: -2, version: 'v1.32.3+k3s1' };

describe('a server that hangs in its start', { concurrency: 2 }, () => {
  test('on its own expired listener: healed', async (t) => {
    const { node, agent } = await scene(t, V1_32);
    const hung = await restartUntilItLogs(node, /127\.0\.0\.1:\d+\/cacerts.*expired/, 4);
    const status = await agent.check();
    assert.deepEqual(
      { result: status.lastAttempt?.result, error: status.lastAttempt?.error },
      { result: 'succeeded', error: null },
    );
    const now = await unitState(new Root(node.root), 'k3s');
    assert.equal(now.activeState, 'active');
    assert.notEqual(now.mainPid, hung.mainPid);
    assert.ok(status.served.every(({ state }) => state === 'current'));
  });

  test('on its own expired listener, and certagent only observes: left', async (t) => {
    const { node, agent } = await scene(t, { ...V1_32, config: 'mode = "observe"' });
    const hung = await restartUntilItLogs(node, /127\.0\.0\.1:\d+\/cacerts.*expired/, 4);
    const before = await fingerprints(node);
    const status = await agent.check();
    assert.ok(status.renewal.kind === 'observing' && status.renewal.blockers.length === 0);
    assert.deepEqual(await fingerprints(node), before);
    assert.equal((await unitState(new Root(node.root), 'k3s')).mainPid, hung.mainPid);
  });

  test('on another server that is away: reported and left, although everything has expired', async (t) => {
    const { node, agent, inbox } = await scene(t, { ...V1_32, faults: { k3s: 'waits-for-server' } });
    const hung = await restartUntilItLogs(node, /10\.0\.0\.2/, 4);
    const before = await fingerprints(node);
    const { renewal, lastAttempt } = await agent.check();
    assert.equal(lastAttempt, null);
    assert.ok(renewal.kind === 'waiting' && renewal.code === 'UNIT_STARTING', JSON.stringify(renewal));
    assert.match(renewal.why, /waits for the server 10\.0\.0\.2:6443, which does not answer/);
    assert.deepEqual(await fingerprints(node), before);
    assert.equal((await unitState(new Root(node.root), 'k3s')).mainPid, hung.mainPid);
    const told = await toldAtLast(inbox, 'raised CERTIFICATE_EXPIRED');
    assert.ok(
      told.some((line) => line.startsWith('raised ')),
      told.join(', '),
    );
  });
});

/** Begins a start that does not end, and waits until it has logged something `times` times. */
async function restartUntilItLogs(node: TestNode, line: RegExp, times: number): Promise<UnitState> {
  const root = new Root(node.root);
  assert.equal((await run(node, 'usr/bin/systemctl', 'restart', '--no-block', 'k3s')).code, 0);
  for (;;) {
    const state = await unitState(root, 'k3s');
    const found = (await journalOfStart(root, state.invocation)).filter((each) => line.test(each));
    if (state.activeState === 'activating' && found.length >= times) return state;
    await sleep(100);
  }
}
