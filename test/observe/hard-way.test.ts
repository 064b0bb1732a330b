// A node set up by hand is recognised by its units, and only there.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { detectsIn } from './detects.ts';
import { authority, directoryFor, edit, get, ids, leaf, look, named, nodeFor, put } from './support.ts';

const UNITS = 'etc/systemd/system';
const DATA = 'var/lib/kubernetes';

const unit = (root: string, name: string, command: string, more = '') =>
  put(root, `${UNITS}/${name}.service`, `[Service]\n${more}ExecStart=${command}\n`);

/** A kubelet of a worker, as "Kubernetes the hard way" sets it up. */
async function worker(root: string): Promise<void> {
  const ca = await authority('Kubernetes');
  const kubelet = await leaf(ca, 'system:node:hand-made');
  put(root, 'var/lib/kubelet/ca.pem', ca.certificatePem);
  put(root, 'var/lib/kubelet/kubelet.pem', kubelet.certificatePem);
  put(root, 'var/lib/kubelet/kubelet-key.pem', kubelet.keyPem, 0o600);
  const user = '{client-certificate: kubelet.pem, client-key: kubelet-key.pem}';
  const kubeconfig = `apiVersion: v1
kind: Config
current-context: default
contexts: [{name: default, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: 'https://10.0.0.1:6443', certificate-authority: ca.pem}}]
users: [{name: u, user: ${user}}]
`;
  put(root, 'var/lib/kubelet/kubeconfig', kubeconfig, 0o600);
  const config = `kind: KubeletConfiguration
authentication: {x509: {clientCAFile: /var/lib/kubelet/ca.pem}}
tlsCertFile: /var/lib/kubelet/kubelet.pem
tlsPrivateKeyFile: /var/lib/kubelet/kubelet-key.pem
address: 127.0.0.1
port: 10251
`;
  put(root, 'var/lib/kubelet/kubelet-config.yaml', config);
  const flags = '--config=/var/lib/kubelet/kubelet-config.yaml --kubeconfig=/var/lib/kubelet/kubeconfig';
  unit(root, 'kubelet', `/usr/local/bin/kubelet ${flags}`);
  put(root, 'var/lib/kube-proxy/config.yaml', 'clientConnection: {kubeconfig: /var/lib/kube-proxy/kubeconfig}\n');
  put(root, 'var/lib/kube-proxy/kubeconfig', kubeconfig.replaceAll(': ca.pem', ': /var/lib/kubelet/ca.pem'), 0o600);
  for (const name of ['kubelet.pem', 'kubelet-key.pem'])
    put(root, `var/lib/kube-proxy/${name}`, get(root, `var/lib/kubelet/${name}`), 0o600);
  unit(root, 'kube-proxy', '/usr/local/bin/kube-proxy --config=/var/lib/kube-proxy/config.yaml');
}

test('a worker: what its kubelet and its kube-proxy are given, with the unit that loads each file', async (t) => {
  const root = directoryFor(t);
  await worker(root);
  const inventory = await look({ root });
  const { node, preconditions, findings } = inventory;
  assert.deepEqual([node.distribution, node.role, node.missing, findings], ['hard-way', 'worker', [], []]);
  assert.equal(preconditions.unit?.name, 'kubelet');
  assert.deepEqual(
    preconditions.components.map(({ name, runBy }) => [name, runBy?.unit]),
    [
      ['kubelet', 'kubelet'],
      ['kube-proxy', 'kube-proxy'],
    ],
  );
  assert.ok(ids(inventory).includes('/var/lib/kubelet/kubelet.pem'));
  assert.ok(inventory.certificates.some(({ component }) => component === 'kube-proxy'));
  assert.deepEqual(
    inventory.served.map(({ endpoint: { name, host, port } }) => [name, host, port]),
    [['kubelet', '127.0.0.1', 10_251]],
  );
  for (const { owner, certificate } of inventory.certificates) if (!certificate.isCa) assert.equal(owner, 'operator');
});

test('a kubelet that rotates its certificate is watched as the kubelet’s', async (t) => {
  const root = directoryFor(t);
  await worker(root);
  const pki = 'var/lib/kubelet/pki';
  const pair = `${get(root, 'var/lib/kubelet/kubelet.pem')}${get(root, 'var/lib/kubelet/kubelet-key.pem')}`;
  put(root, `${pki}/kubelet-client-current.pem`, pair, 0o600);
  edit(root, 'var/lib/kubelet/kubeconfig', /kubelet(-key)?\.pem/, 'pki/kubelet-client-current.pem');
  edit(root, 'var/lib/kubelet/kubelet-config.yaml', /tls.*\n/, '');
  const inventory = await look({ root });
  assert.equal(named(inventory, 'kubelet-client').owner, 'kubelet');
  assert.equal(inventory.node.name, 'hand-made');
  assert.deepEqual([inventory.served, inventory.findings], [[], []]);
});

test('units of other names, variables of etcd, flags in two words, serving certificates of all components', async (t) => {
  const { root } = await nodeFor(t, { kind: 'hard-way' });
  for (const name of ['etcd', 'kube-scheduler']) rmSync(join(root, `${UNITS}/${name}.service`));
  const etcd = ['CERT_FILE=/etc/etcd/kubernetes.pem', 'LISTEN_CLIENT_URLS=https://127.0.0.1:2379'];
  const variables = etcd.map((one) => `Environment=ETCD_${one}\n`).join('');
  unit(root, 'etcd-member', '/usr/bin/etcd --key-file=/etc/etcd/kubernetes-key.pem', variables);
  unit(root, 'backup', '/usr/bin/tar /var/lib/etcd');
  const pair = `--tls-cert-file /${DATA}/kubernetes.pem --tls-private-key-file /${DATA}/kubernetes-key.pem`;
  unit(root, 'scheduler', `/opt/kube-scheduler --kubeconfig /${DATA}/kube-scheduler.kubeconfig ${pair}`);
  const inventory = await look({ root });
  assert.deepEqual(
    inventory.preconditions.components.map(({ runBy }) => runBy?.unit),
    ['kube-apiserver', 'kube-controller-manager', 'scheduler', 'etcd-member'],
  );
  const asked = inventory.served.map(({ endpoint }) => `${endpoint.name} ${endpoint.port}`);
  assert.deepEqual(asked.slice(1), ['kube-scheduler 10259', 'etcd 2379']);
  assert.deepEqual(inventory.findings, []);
});

test('a running one: its units, and what they serve; a replaced file that is not served names its unit', async (t) => {
  const node = await nodeFor(t, { kind: 'hard-way' });
  await node.faults({ apiserverReloads: false });
  await node.start();
  t.after(() => node.remove());
  const before = await look(node);
  assert.deepEqual(
    before.preconditions.components.map(({ name, healthy }) => [name, healthy]),
    ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'etcd'].map((name) => [name, true]),
  );
  assert.ok(before.served.every(({ state }) => state === 'current'));
  const made = await leaf(await authority('Kubernetes'));
  put(node.root, `${DATA}/kubernetes.pem`, made.certificatePem);
  put(node.root, `${DATA}/kubernetes-key.pem`, made.keyPem, 0o600);
  const stale = (await look(node)).served.filter(({ state }) => state === 'stale');
  assert.deepEqual(
    stale.map(({ endpoint }) => endpoint.name),
    ['kube-apiserver'],
  );
});

for (const kind of ['kubeadm', 'kubeadm-worker', 'k3s-server', 'k3s-agent', 'rke2-server', 'k0s-controller'] as const)
  test(`${kind} is not taken for one, whatever units lie beside its own`, async (t) => {
    const { root } = await nodeFor(t, { kind });
    const kubeadms =
      '--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf';
    if (kind.startsWith('kubeadm'))
      unit(root, 'kubelet', `/usr/bin/kubelet ${kubeadms} --config=/var/lib/kubelet/config.yaml`);
    unit(root, 'etcd', '/usr/bin/etcd --cert-file=/etc/etcd/a.crt');
    assert.deepEqual(await detectsIn(root, 'hard-way'), []);
    assert.notEqual((await look({ root })).node.distribution, 'hard-way');
  });

test('a control plane of static pods is kubeadm’s, whatever kubeconfig its kubelet has', async (t) => {
  const { root } = await nodeFor(t, { kind: 'kubeadm' });
  unit(root, 'kubelet', '/usr/bin/kubelet --kubeconfig=/etc/kubernetes/own.conf --config=/var/lib/kubelet/config.yaml');
  assert.deepEqual(await detectsIn(root, 'hard-way'), []);
});
