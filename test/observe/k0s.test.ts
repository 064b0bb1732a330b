// What certagent finds on a k0s controller and on a worker.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Hazard } from '../../src/domain/model/inventory.ts';
import { authority, directoryFor, edit, get, ids, leaf, look, named, nodeFor, put } from './support.ts';

const PKI = 'var/lib/k0s/pki';
const UNIT = 'etc/systemd/system/k0scontroller.service';

const remove = (root: string, path: string) => rmSync(join(root, path), { recursive: true });

type Case = { what: string; make: (root: string) => void; found: [Hazard['code'], string][] };

const CASES: Case[] = [
  { what: 'nothing wrong', make: () => {}, found: [] },
  {
    what: 'a CA key missing, which a start would silently replace together with its CA',
    make: (root) => remove(root, `${PKI}/ca.key`),
    found: [['ca-key-missing', 'ca.key']],
  },
  {
    what: 'the CA of the front proxy missing',
    make: (root) => remove(root, `${PKI}/front-proxy-ca.crt`),
    found: [['ca-missing', 'front-proxy-ca.crt']],
  },
  {
    what: 'the CA of etcd missing beside its leaves',
    make: (root) => remove(root, `${PKI}/etcd/ca.crt`),
    found: [['ca-missing', 'etcd/ca.crt']],
  },
  {
    what: 'the key of another CA',
    make: (root) => put(root, `${PKI}/ca.key`, get(root, `${PKI}/etcd/ca.key`)),
    found: [['ca-key-mismatch', 'ca.key']],
  },
  {
    what: 'a broken leaf and a missing key, which a start makes again',
    make: (root) => {
      put(root, `${PKI}/server.crt`, 'garbage');
      remove(root, `${PKI}/admin.key`);
    },
    found: [],
  },
];

for (const { what, make, found } of CASES)
  test(`hazards of a restart: ${what}`, async (t) => {
    const { root } = await nodeFor(t, { kind: 'k0s-controller' });
    make(root);
    const { hazards } = (await look({ root })).preconditions;
    const short = (path: string) => path.replace(`/${PKI}/`, '');
    assert.deepEqual(
      hazards.map(({ code, path }) => [code, short(path)]),
      found,
    );
  });

test('what the CA of an operator signed is only watched, once, by versions that keep it', async (t) => {
  const { root } = await nodeFor(t, { kind: 'k0s-controller', version: 'v1.33.4+k0s.0' });
  const ca = await authority('Our CA');
  const server = await leaf(ca);
  for (const [name, made] of Object.entries({ ca, server })) {
    put(root, `${PKI}/${name}.crt`, made.certificatePem);
    put(root, `${PKI}/${name}.key`, made.keyPem, 0o600);
  }
  const inventory = await look({ root });
  assert.equal(named(inventory, 'server').owner, 'operator');
  assert.equal(named(inventory, 'front-proxy-client').owner, 'k0s');
  assert.equal(ids(inventory).includes('admin.conf'), false);

  edit(root, 'etc/demo-node.json', 'v1.33.4', 'v1.36.3');
  assert.equal(named(await look({ root }), 'server').owner, 'k0s');
});

test('a single node has no etcd and nobody joins it; its kubelet’s certificates are watched', async (t) => {
  const { root } = await nodeFor(t, { kind: 'k0s-controller' });
  const worker = await nodeFor(t, { kind: 'kubeadm-worker' });
  remove(root, `${PKI}/etcd`);
  remove(root, `${PKI}/apiserver-etcd-client.crt`);
  edit(root, UNIT, 'k0s controller', 'k0s controller --single');
  putKubelet(root, worker.root);
  const { served, certificates, findings } = await look({ root });
  assert.deepEqual(
    served.map(({ endpoint }) => endpoint.name),
    ['kube-apiserver'],
  );
  assert.deepEqual(findings, []);
  assert.equal(certificates.find(({ id }) => id === 'kubelet-client')?.owner, 'kubelet');
});

test('where it listens, and an etcd on other machines', async (t) => {
  const { root } = await nodeFor(t, { kind: 'k0s-controller' });
  const peer = () => look({ root }).then(({ served }) => served.find(({ endpoint }) => endpoint.name === 'etcd-peer'));
  edit(root, 'etc/k0s/k0s.yaml', /\n {6}extraArgs:[\s\S]*$/, '\n');
  assert.deepEqual((await peer())?.endpoint, {
    name: 'etcd-peer',
    host: '127.0.0.1',
    port: 2380,
    expects: 'etcd/peer',
  });

  const ca = await authority();
  const client = await leaf(ca);
  put(root, 'etc/etcd/ca.crt', ca.certificatePem);
  put(root, 'etc/etcd/client.crt', client.certificatePem);
  put(root, 'etc/etcd/client.key', client.keyPem, 0o600);
  remove(root, `${PKI}/etcd`);
  remove(root, `${PKI}/apiserver-etcd-client.crt`);
  const config = `spec:
  api: {address: 10.9.8.7, onlyBindToAddress: true, port: 7443}
  storage:
    etcd:
      externalCluster: {caFile: /etc/etcd/ca.crt, clientCertFile: /etc/etcd/client.crt, clientKeyFile: /etc/etcd/client.key}
`;
  put(root, 'etc/k0s/other.yaml', config);
  edit(root, UNIT, '--config=/etc/k0s/k0s.yaml', '-c /etc/k0s/other.yaml --disable-components=helm,control-api');
  const inventory = await look({ root });
  assert.deepEqual(
    inventory.served.map(({ endpoint: { name, host, port } }) => [name, host, port]),
    [['kube-apiserver', '10.9.8.7', 7443]],
  );
  assert.deepEqual([named(inventory, '/etc/etcd/client.crt').owner, inventory.findings], ['operator', []]);
});

test('a worker, found by its unit in a data directory of its own: its kubelet rotates, and nothing is renewed', async (t) => {
  const worker = await nodeFor(t, { kind: 'kubeadm-worker' });
  const root = directoryFor(t);
  const argv = '/usr/local/bin/k0s worker --data-dir=/srv/k0s --token-file=/etc/k0s/token';
  put(root, 'etc/systemd/system/k0sworker.service', `[Service]\nExecStart=${argv}\n`);
  put(root, 'srv/k0s/pki/ca.crt', get(worker.root, 'etc/kubernetes/pki/ca.crt'));
  putKubelet(root, worker.root, 'srv/k0s');
  const inventory = await look({ root });
  const { node, preconditions } = inventory;
  assert.deepEqual([node.distribution, node.role, node.name, node.missing], ['k0s', 'worker', 'demo-node', []]);
  assert.deepEqual([preconditions.unit?.name, preconditions.hazards, inventory.served], ['k0sworker', [], []]);
  const leaves = inventory.certificates.filter(({ id }) => !id.includes('#') && !id.includes('/cluster/'));
  assert.deepEqual(leaves.map(({ id, owner }) => [id, owner]).sort(), [
    ['ca', 'cluster-ca'],
    ['kubelet-client', 'kubelet'],
    ['kubelet-serving', 'kubelet'],
  ]);
});

function putKubelet(root: string, from: string, data = 'var/lib/k0s'): void {
  const config = get(from, 'etc/kubernetes/kubelet.conf');
  put(root, `${data}/kubelet.conf`, config.replaceAll('/var/lib/kubelet', `/${data}/kubelet`));
  for (const name of ['kubelet-client-current.pem', 'kubelet.crt', 'kubelet.key'])
    put(root, `${data}/kubelet/pki/${name}`, get(from, `var/lib/kubelet/pki/${name}`), 0o600);
}
