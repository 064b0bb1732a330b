import assert from 'node:assert/strict';
import { cpSync, mkdirSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { issueAuthority } from '../../testnode/pki.ts';
import { get, ids, look, NOW, nodeFor, put } from './support.ts';

const SERVICE = '[Service]\nExecStart=/usr/local/bin/k3s agent\n';
const TLS = 'var/lib/rancher/k3s/server/tls';

function enable(root: string, unit: string, content = SERVICE): void {
  put(root, `etc/systemd/system/${unit}.service`, content);
  mkdirSync(join(root, 'etc/systemd/system/multi-user.target.wants'), { recursive: true });
  symlinkSync(`../${unit}.service`, join(root, `etc/systemd/system/multi-user.target.wants/${unit}.service`));
}

test('a K3s agent beside the remains of a server and a kubeadm cluster is recognised by its active unit, or its enabled one', async (t) => {
  for (const how of ['active', 'enabled'] as const) {
    const agent = await nodeFor(t, { kind: 'k3s-agent' });
    const server = await nodeFor(t, { kind: 'k3s-server' });
    const kubeadm = await nodeFor(t, { kind: 'kubeadm' });
    cpSync(join(server.root, TLS), join(agent.root, TLS), { recursive: true });
    cpSync(join(kubeadm.root, 'etc/kubernetes/pki'), join(agent.root, 'etc/kubernetes/pki'), { recursive: true });
    if (how === 'active') await agent.start();
    else enable(agent.root, 'k3s-agent');
    const inventory = await look(agent);
    assert.deepEqual([inventory.node.distribution, inventory.node.role], ['k3s', 'agent'], how);
    assert.ok(ids(inventory).every((id) => id.startsWith('agent/')));
    assert.deepEqual(inventory.node.missing.map((what) => /; (\S+) is left over/.exec(what)?.[1]).sort(), [
      '/etc/kubernetes/pki',
      '/var/lib/rancher/k3s/server',
    ]);
  }
});

test('a kubelet’s unit beside K3s, and two units of K3s: what is active or enabled runs the node', async (t) => {
  const { root } = await nodeFor(t, { kind: 'k3s-server' });
  put(root, 'etc/systemd/system/kubelet.service', '[Service]\nExecStart=/usr/bin/kubelet\n');
  enable(root, 'k3s', SERVICE.replace('agent', 'server'));
  const beside = await look({ root });
  assert.deepEqual(
    [beside.node.distribution, beside.preconditions.unit?.name, beside.node.missing],
    ['k3s', 'k3s', []],
    'a kubelet without a cluster’s files is nobody’s node',
  );
  put(root, 'etc/systemd/system/k3s-old.service', SERVICE.replace('agent', 'server --data-dir /var/lib/rancher/k3s'));
  const two = await look({ root });
  assert.deepEqual([two.preconditions.unit?.name, two.node.missing], ['k3s', []]);
});

test('a unit of another name is found by what it runs, and one that runs something else can be named', async (t) => {
  const { root } = await nodeFor(t, { kind: 'k3s-server' });
  put(root, 'etc/systemd/system/k3s-edge.service', SERVICE.replace('agent', 'server'));
  assert.equal((await look({ root })).preconditions.unit?.name, 'k3s-edge');
  const named = await look({ root }, { unit: 'wrapper.service' });
  assert.deepEqual([named.preconditions.unit?.name, named.node.role], ['wrapper', 'server']);
});

test('the scheduler’s certificate is watched; copies of CAs and the server’s unused leaves are not', async (t) => {
  const { root } = await nodeFor(t, { kind: 'k3s-server' });
  const made = await issueAuthority({ commonName: 'x', notBefore: NOW - 1, notAfter: NOW + 1e9 });
  put(root, `${TLS}/kube-scheduler/kube-scheduler.crt`, get(root, `${TLS}/serving-kube-apiserver.crt`));
  put(root, `${TLS}/kube-scheduler/kube-scheduler.key`, get(root, `${TLS}/serving-kube-apiserver.key`), 0o600);
  for (const other of ['client-ca.nochain.crt', 'temporary-certs/a.crt', '../tls-1700000000/client-admin.crt'])
    put(root, `${TLS}/${other}`, made.certificatePem);
  const inventory = await look({ root });
  const seen = ids(inventory);
  assert.ok(seen.includes('kube-scheduler/kube-scheduler'));
  for (const id of ['client-ca.nochain', 'client-kube-proxy', 'client-k3s-controller'])
    assert.ok(!seen.includes(id), id);
  assert.deepEqual([inventory.findings, inventory.node.missing, inventory.preconditions.hazards], [[], [], []]);
  const asked = () => inventory.served.map(({ endpoint }) => `${endpoint.name} ${endpoint.port}`);
  assert.ok(asked().includes('kube-scheduler 10259'));

  const config = get(root, 'etc/rancher/k3s/config.yaml');
  put(root, 'etc/rancher/k3s/config.yaml', `${config}kube-scheduler-arg: [tls-cert-file=/etc/own.crt]\n`);
  const own = (await look({ root })).served.map(({ endpoint }) => endpoint.name);
  assert.deepEqual(own, ['k3s']);
});

test('K3s with a kubeconfig elsewhere', async (t) => {
  const { root } = await nodeFor(t, { kind: 'k3s-server' });
  put(
    root,
    'etc/systemd/system/k3s.service',
    '[Service]\nEnvironment=K3S_KUBECONFIG_OUTPUT=/root/k.yaml\nExecStart=k3s server\n',
  );
  renameSync(join(root, 'etc/rancher/k3s/k3s.yaml'), join(root, 'root/k.yaml'));
  assert.equal((await look({ root })).node.paths.adminKubeconfig, '/root/k.yaml');
});
