// What a check finds, shown on the Node of this node.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Agent } from '../../src/daemon/agent.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import { Root } from '../../src/host/root.ts';
import { makeCluster, type TestCluster } from '../../testnode/cluster.ts';
import { quickStandIns } from '../testnode/bundle.ts';
import { eventually } from '../testnode/support.ts';
import { anotherAgent, configure } from './support.ts';

const NODE = '/api/v1/nodes/cp-1';
const EVENTS = '/api/v1/namespaces/default/events';
const REQUESTS = '/apis/certificates.k8s.io/v1/certificatesigningrequests';

async function single(t: TestContext, days: number, config = ''): Promise<TestCluster & { agent: Agent }> {
  await quickStandIns();
  const directory = await mkdtemp(join(tmpdir(), 'certagent-news-'));
  const made = await makeCluster(directory, 1, { leafEnds: Date.now() + days * DAY, version: 'v1.31.4' });
  t.after(async () => {
    await made.remove();
    await rm(directory, { recursive: true, force: true });
  });
  const [node] = made.nodes as [TestCluster['nodes'][0]];
  await node.start({ longRunning: true });
  await configure(node, `${config}\n[renew]\ncomponent_limit = "120s"\nserved_limit = "120s"\n`);
  return { ...made, agent: await anotherAgent(t, new Root(node.root)) };
}

const annotations = ({ objects }: TestCluster) => objects.get(NODE)?.metadata.annotations ?? {};
const reasons = ({ objects }: TestCluster) => objects.list(EVENTS).map(({ reason }) => reason);

test('a node with nothing due: its first expiry, its state, and no Event', async (t) => {
  const cluster = await single(t, 300);
  await cluster.agent.check();
  await eventually(() => annotations(cluster)['certagent.io/state'] === 'ok');
  assert.match(annotations(cluster)['certagent.io/first-expiry'] ?? '', /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.match(annotations(cluster)['certagent.io/seen'] ?? '', /:00:00Z$/);
  assert.deepEqual(reasons(cluster), []);
});

test('every node of the cluster, as status --cluster shows them', async (t) => {
  const cluster = await single(t, 300);
  cluster.objects.put('/api/v1/nodes', { metadata: { name: 'worker-1' } });
  await cluster.agent.check();
  await eventually(() => annotations(cluster)['certagent.io/state'] === 'ok');
  const { nodes, holder } = await cluster.agent.cluster();
  assert.equal(holder, null);
  assert.deepEqual(
    nodes.map(({ name, isServer, line, isSilent }) => ({ name, isServer, state: line?.state ?? null, isSilent })),
    [
      { name: 'worker-1', isServer: false, state: null, isSilent: true },
      { name: 'cp-1', isServer: true, state: 'ok', isSilent: false },
    ],
  );
  cluster.faults({ forbidden: ['get nodes'] });
  await assert.rejects(cluster.agent.cluster(), { code: 'CLUSTER_UNSEEN' });
});

test('a renewal is an Event, and a command that ends right after it has written it', async (t) => {
  const cluster = await single(t, 20);
  const outcome = await cluster.agent.renew({ force: false }, () => {});
  assert.equal(outcome?.result, 'succeeded');
  await cluster.agent.close();
  assert.deepEqual(reasons(cluster), ['CertificatesRenewed']);
  assert.equal(annotations(cluster)['certagent.io/state'], 'ok');
});

test('a renewal does not depend on it: the API refuses everything of the kubelet', async (t) => {
  const cluster = await single(t, 20);
  cluster.faults({ forbidden: ['get nodes', 'patch nodes', 'create events'] });
  const outcome = await cluster.agent.renew({ force: false }, () => {});
  assert.equal(outcome?.result, 'succeeded');
  assert.deepEqual(reasons(cluster), []);
});

test('a request of the kubelet that nobody has approved is in the alerts', async (t) => {
  const cluster = await single(t, 300);
  const spec = { signerName: 'kubernetes.io/kubelet-serving', username: 'system:node:cp-1' };
  cluster.objects.put(REQUESTS, { metadata: { name: 'csr-7' }, spec });
  const pending = async () =>
    (await cluster.agent.status()).alerts.find(({ alert }) => alert.code === 'SERVING_CSR_PENDING');
  await cluster.agent.check();
  const found = await eventually(pending);
  assert.match(found.alert.text, /csr-7/);
  assert.match(found.alert.remedy, /kubectl certificate approve csr-7/);
  assert.ok('heldUntil' in found, 'a controller may approve it in a moment');
});

test('report = false: nothing is written or asked', async (t) => {
  const cluster = await single(t, 300, '[cluster]\nreport = false\n');
  await cluster.agent.check();
  await cluster.agent.close();
  assert.deepEqual(annotations(cluster), {});
  assert.ok(!cluster.seen.some((line) => line.startsWith('PATCH') || line.includes('certificatesigningrequests')));
});
