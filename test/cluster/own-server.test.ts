import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownServer } from '../../src/cluster/own-server.ts';
import type { Inventory } from '../../src/domain/model/inventory.ts';
import type { Datastore } from '../../src/domain/model/rehearsal-facts.ts';

/** A K3s server, as far as its turn rests on it; `node.name` is configured. */
function k3s(datastore: Datastore | 'external' | null): Inventory {
  const inventory = {
    node: {
      name: 'edge-17',
      distribution: 'k3s',
      paths: { adminKubeconfig: '/k3s.yaml', certificatesDir: '/k3s/server/tls', dataDir: '/k3s' },
    },
    certificates: [{ id: 'agent/client-kubelet', certificate: { commonName: 'system:node:cp-1' } }],
    served: [{ endpoint: { name: 'k3s', host: '127.0.0.1', port: 6443 } }],
    preconditions: { rehearsal: { datastore } },
  };
  return inventory as unknown as Inventory;
}

test('a K3s server whose datastore is a file of sqlite takes no turns: there is no other server', () => {
  assert.equal(ownServer(k3s('sqlite'), undefined), null);
});

for (const datastore of ['etcd', 'external', null] as const)
  test(`a K3s server takes turns: datastore ${datastore}`, () => {
    assert.deepEqual(ownServer(k3s(datastore), undefined)?.api, { host: '127.0.0.1', port: 6443 });
  });

test('in the cluster it is called as its Node, whatever its name in status and alerts is', () => {
  assert.equal(ownServer(k3s('etcd'), undefined)?.name, 'cp-1');
  assert.equal(ownServer({ ...k3s('etcd'), certificates: [] }, undefined)?.name, 'edge-17');
});
