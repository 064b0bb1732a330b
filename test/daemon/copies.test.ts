import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StatusReport } from '../../src/domain/model/status.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import { configure, scene } from './support.ts';

const copies = ({ certificates }: StatusReport) => certificates.filter(({ owner }) => owner === 'copy');
const code = ({ decision: { verdict } }: StatusReport['certificates'][number]) =>
  verdict.kind === 'keep' ? 'keep' : verdict.code;

test('the cycle that renews shows the copies as they are after it', async (t) => {
  const { agent } = await scene(t, { kind: 'kubeadm', days: 20 });
  const before = await agent.status();
  assert.deepEqual(
    [
      copies(before).map(({ id, decision, issuance }) => [id, decision.nearness, issuance.ca]),
      before.copies[0]?.result,
    ],
    [[['/home/alice/.kube/config', 'urgent', 'ca']], 'current'],
  );
  const after = await agent.check();
  const [copy] = copies(after);
  assert.ok(copy !== undefined && copy.certificate.notAfter - after.at > 300 * DAY);
  assert.deepEqual([after.copies[0]?.result, code(copy)], ['updated', 'keep']);
});

test('a copy that only waits for permission to write is pending, and raises no alert', async (t) => {
  const { agent, node } = await scene(t, { kind: 'kubeadm', days: 20, config: '[copies]\nenabled = false\n' });
  assert.deepEqual((await agent.check()).copies, []);
  await configure(node, 'mode = "observe"\n');
  await agent.reload();
  const status = await agent.check();
  assert.deepEqual([status.copies[0]?.result, copies(status)[0]?.decision.nearness], ['pending', 'urgent']);
  assert.deepEqual(status.alerts, []);
  assert.equal((await agent.sync({ dryRun: false }))[0]?.result, 'pending');
  await configure(node, 'mode = "renew"\n');
  await agent.reload();
  await agent.sync({ dryRun: false });
  const [copy] = copies(await agent.status());
  assert.ok(copy !== undefined && copy.certificate.notAfter - Date.now() > 300 * DAY);
});
