import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { listCluster } from '../../src/cluster/list-cluster.ts';
import { Root } from '../../src/host/root.ts';
import { adminKubeconfig, directoryFor, serverFor } from './support.ts';

const NODES = '/api/v1/nodes';
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases';

async function administrator(t: TestContext) {
  const server = await serverFor(t);
  const directory = await directoryFor(t);
  await writeFile(join(directory, 'admin.conf'), adminKubeconfig(server));
  return { server, list: () => listCluster(new Root(directory), '/admin.conf') };
}

test('all nodes of a large cluster, page by page, and who holds the Lease', async (t) => {
  const { server, list } = await administrator(t);
  for (let at = 0; at < 230; at += 1)
    server.objects.put(NODES, {
      metadata: {
        name: `node-${at}`,
        ...(at < 3 ? { labels: { 'node-role.kubernetes.io/control-plane': '' } } : {}),
        ...(at === 7 ? { annotations: { 'certagent.io/state': 'ok' } } : {}),
      },
    });
  server.objects.put(LEASES, {
    metadata: { name: 'certagent-renewal', namespace: 'kube-system' },
    spec: { holderIdentity: 'node-2' },
  });
  const listed = await list();
  assert.ok(listed.ok);
  const { nodes, holder } = listed.value;
  assert.equal(holder, 'node-2');
  assert.equal(new Set(nodes.map(({ name }) => name)).size, 230);
  assert.equal(nodes.filter(({ isServer }) => isServer).length, 3);
  assert.deepEqual(nodes.find(({ name }) => name === 'node-7')?.annotations, { 'certagent.io/state': 'ok' });
  assert.equal(server.seen.filter((request) => request === `GET ${NODES}`).length, 3);
});

test('a name that cannot be one is left out', async (t) => {
  const { server, list } = await administrator(t);
  server.objects.put(NODES, { metadata: { name: 'cp-1' } });
  server.objects.put(NODES, { metadata: { name: '\u001b[2Jcp-2' } });
  const listed = await list();
  assert.deepEqual(listed.ok && listed.value.nodes.map(({ name }) => name), ['cp-1']);
});

test('an API that refuses, or answers something else', async (t) => {
  const { server, list } = await administrator(t);
  server.faults({ forbidden: ['get nodes'] });
  assert.partialDeepStrictEqual(await list(), { ok: false, problem: { kind: 'forbidden' } });
  server.faults({ forbidden: [], mode: 'garbage' });
  assert.partialDeepStrictEqual(await list(), { ok: false, problem: { kind: 'nonsense' } });
});
