// What goes wrong with the servers of a cluster while one of them wants to renew.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Agent } from '../../src/daemon/agent.ts';
import { eventually } from '../testnode/support.ts';
import { cluster, LEASES } from './several-agents.ts';

const FREE = {
  metadata: { name: 'certagent-renewal', namespace: 'kube-system' },
  spec: { holderIdentity: '', leaseDurationSeconds: 1, leaseTransitions: 1 },
};
const result = async (agent: Agent) => (await agent.status()).lastAttempt?.result;

// One that sees that the other has healed takes the Lease, as always when an API answers.
test('everything has expired: all servers heal, although no API answers', async (t) => {
  const { agents } = await cluster(t, 2, -1);
  await Promise.all(agents.map((agent) => agent.check()));
  for (const agent of agents) await eventually(async () => (await result(agent)) === 'succeeded', 240_000);
});

test('another server is away: nothing is stopped until it is back', async (t) => {
  const { agents, nodes, objects } = await cluster(t, 2, 20);
  objects.put(LEASES, FREE);
  const [agent] = agents as [Agent];
  // So that it knows of the other one.
  await nodes[1]!.stop();
  await agent.check();
  const held = await eventually(async () => {
    const { renewal } = await agent.status();
    return renewal.kind === 'waiting' && renewal.code === 'PEERS_NOT_READY' && renewal;
  });
  assert.match(held.why, /^waiting for cp-2, since /);
  assert.equal(await result(agent), undefined);
  await nodes[1]!.start({ longRunning: true });
  await eventually(async () => (await result(agent)) === 'succeeded', 240_000);
});

test('a Lease whose holder was killed is taken once it has expired and its server answers', {
  skip: process.env.CERTAGENT_LONG !== '1' && 'a Lease expires after a minute (npm run test:long)',
}, async (t) => {
  const { agents, objects } = await cluster(t, 2, 20);
  objects.put(LEASES, { ...FREE, spec: { holderIdentity: 'cp-2', leaseDurationSeconds: 60, leaseTransitions: 4 } });
  const [agent] = agents as [Agent];
  const since = performance.now();
  await agent.check();
  await eventually(async () => (await result(agent)) === 'succeeded', 400_000);
  assert.ok(performance.now() - since >= 60_000);
});
