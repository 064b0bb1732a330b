// The turn of a node whose member of etcd must not stop, and of a person who accepts that it does.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseConfig } from '../../src/config/load.ts';
import { makeNodeTurn, type NodeTurn } from '../../src/daemon/node-turn.ts';
import type { View } from '../../src/daemon/view.ts';
import type { DecideRequest } from '../../src/domain/decide/certificate-check.ts';
import type { RenewalPlan } from '../../src/domain/model/plan.ts';
import { silentLog } from '../../src/host/logger.ts';
import { Root } from '../../src/host/root.ts';
import { type ApiServer, openApiServer } from '../../testnode/api/server.ts';
import { adminKubeconfig } from '../cluster/support.ts';

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases';
const FREE = {
  metadata: { name: 'certagent-renewal' },
  spec: { holderIdentity: '', leaseDurationSeconds: 1, leaseTransitions: 1 },
};
const plan = {
  id: 'p1',
  distribution: 'k3s',
  certificates: ['client-admin'],
  oldExpired: false,
  steps: [{ kind: 'restart-unit', unit: 'k3s', limit: 1 }],
} as unknown as RenewalPlan;
const request = { kind: 'manual' } as unknown as DecideRequest;

test('who accepts seconds without quorum does not get the answer that the schedule got', async (t) => {
  const { turn, view, woken } = await server(t);
  const scheduled = await turn.take(plan, view, { request: { kind: 'scheduled' } as never, accepts: false });
  assert.ok(scheduled?.kind === 'blocked', JSON.stringify(scheduled));
  assert.equal(scheduled.blockers[0]?.code, 'QUORUM_AT_RISK');

  // A person who does not accept it is refused at once.
  const refused = await turn.attended(() => turn.take(plan, view, { request, accepts: false }));
  assert.equal(refused?.kind, 'blocked');

  await turn.attended(async () => {
    const held = await turn.take(plan, view, { request, accepts: true });
    assert.equal(held?.kind, 'waiting');
    await turn.come(() => {});
    // Nor does a check in between take it back.
    assert.equal(await turn.take(plan, view, { request: { kind: 'scheduled' } as never, accepts: false }), null);
    assert.equal(await turn.take(plan, view, { request, accepts: true }), null);
  });
  assert.equal(woken(), 0);
});

/** A K3s server with a peer that is ready; its own etcd does not answer, so that nobody knows of the members. */
async function server(t: TestContext): Promise<{ turn: NodeTurn; view: View; woken: () => number }> {
  const api = await openApiServer();
  const directory = await mkdtemp(join(tmpdir(), 'certagent-turn-'));
  await writeFile(join(directory, 'k3s.yaml'), adminKubeconfig(api));
  await mkdir(join(directory, 'k3s/server/db/etcd'), { recursive: true });
  putObjects(api);
  let woken = 0;
  const config = await parseConfig('', 'certagent.toml');
  const turn = makeNodeTurn({
    ...{ root: new Root(directory), config: () => config, log: silentLog, now: Date.now },
    wake: () => {
      woken += 1;
    },
  });
  t.after(async () => {
    await turn.close(async () => {});
    await api.close();
    await rm(directory, { recursive: true, force: true });
  });
  return { turn, view: viewOf(api), woken: () => woken };
}

function putObjects({ objects }: ApiServer): void {
  objects.put(LEASES, FREE);
  for (const name of ['cp-1', 'cp-2'])
    objects.put('/api/v1/nodes', {
      metadata: { name, labels: { 'node-role.kubernetes.io/control-plane': '' } },
      status: { addresses: [{ type: 'InternalIP', address: '127.0.0.1' }] },
    });
}

function viewOf({ url }: ApiServer): View {
  const inventory = {
    node: {
      ...{ name: 'cp-1', distribution: 'k3s', role: 'server' },
      paths: { adminKubeconfig: '/k3s.yaml', certificatesDir: '/k3s/server/tls', dataDir: '/k3s' },
    },
    ...{ certificates: [], findings: [], takenAt: Date.now() },
    served: [{ endpoint: { name: 'k3s', host: '127.0.0.1', port: Number(new URL(url).port) } }],
    preconditions: { rehearsal: { datastore: 'etcd' }, components: [] },
  };
  const policy = { maintenance: { timeZone: 'UTC' } };
  return { inventory, policy, decisions: { certificates: [], renewal: { kind: 'now' } } } as unknown as View;
}
