// `certagent doctor` on one of several servers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diagnose } from '../../src/daemon/doctor/diagnose.ts';
import { CONFIG_FILE, Root } from '../../src/host/root.ts';
import { cluster, LEASES } from './several-agents.ts';
import { configure } from './support.ts';

test('the Lease, the other servers and the members of etcd, without writing anything', async (t) => {
  const { nodes, faults, objects, seen } = await cluster(t, 2, 200);
  const ask = async () => {
    const { results } = await diagnose(
      { root: new Root(nodes[0]!.root), configFile: CONFIG_FILE, now: Date.now },
      () => {},
    );
    return results.filter(({ check }) => check === 'cluster').map(({ state, what }) => `${state}: ${what}`);
  };
  const writes = () => seen.filter((line) => !line.startsWith('GET '));

  assert.deepEqual(await ask(), [
    'ok: the Lease kube-system/certagent-renewal does not exist yet; certagent makes it',
    'ok: ready: cp-2',
    'ok: etcd has 2 members, all healthy',
  ]);

  const spec = { holderIdentity: 'cp-2', leaseDurationSeconds: 60, leaseTransitions: 1 };
  objects.put(LEASES, { metadata: { name: 'certagent-renewal', namespace: 'kube-system' }, spec });
  assert.equal((await ask())[0], 'ok: the Lease kube-system/certagent-renewal can be read; cp-2 holds it');

  faults({ forbidden: ['get leases'] });
  assert.match(
    (await ask())[0]!,
    /^warning: the Lease .* cannot be used: .* HTTP 403\. This node takes its turns by the time of day/,
  );
  faults({ forbidden: [] });

  await nodes[1]!.stop();
  const [lease, peer, member] = await ask();
  assert.match(lease!, /^ok/);
  assert.match(peer!, /^warning: cp-2 is not ready: /);
  assert.match(member!, /^warning: the member cp-2 of etcd is not healthy: /);
  assert.deepEqual(writes(), []);

  await configure(nodes[0]!, '[cluster]\ncoordinate = "none"\n');
  assert.deepEqual(await ask(), ['ok: not wanted (cluster.coordinate = "none")']);
});
