// What status shows while the first renewal after a start runs: the renewal, and no alert about what it is replacing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StatusReport } from '../../src/domain/model/status.ts';
import { scene } from './support.ts';

test('while the first renewal runs, status shows neither a blocked renewal nor what is being renewed', async (t) => {
  const { agent } = await scene(t, { kind: 'kubeadm', days: -2 });
  const before = await agent.status();
  assert.deepEqual(
    before.alerts.map(({ alert }) => alert.code),
    ['CERTIFICATE_EXPIRED'],
  );
  const looks: Promise<StatusReport>[] = [];
  const outcome = await agent.renew({ force: false }, ({ state }) => {
    if (state === 'done' && looks.length < 6) looks.push(agent.status());
  });
  assert.equal(outcome?.result, 'succeeded');
  const seen = await Promise.all(looks);
  const running = seen.filter((status) => status.running !== null);
  assert.ok(running.length > 0, 'status was asked while it ran');
  for (const { alerts } of running)
    assert.deepEqual(
      alerts.map(({ alert }) => alert.code),
      [],
    );
});
