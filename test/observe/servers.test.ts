import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, utimesSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { outdated } from '../../src/domain/decide/outdated.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import { run } from '../../src/host/commands.ts';
import { Root } from '../../src/host/root.ts';
import { detect } from '../../src/observe/detect.ts';
import { readNodeRecord } from '../../testnode/options.ts';
import { notePod, showProcess, uidOf } from '../../testnode/stand-in/proc.ts';
import { authority, edit, get, leaf, look, NOW, nodeFor, put } from './support.ts';

const states = (inventory: Awaited<ReturnType<typeof look>>) =>
  Object.fromEntries(inventory.served.map(({ endpoint, state }) => [endpoint.name, state]));

test('a running kubeadm node: everything healthy, every server serves what is on disk', async (t) => {
  const node = await nodeFor(t, { kind: 'kubeadm' });
  await node.start();
  const inventory = await look(node);
  assert.deepEqual(states(inventory), { etcd: 'current', 'etcd-peer': 'current', 'kube-apiserver': 'current' });
  const { components, unit, tool } = inventory.preconditions;
  assert.deepEqual(
    components.map(({ name, healthy, pid }) => [name, healthy, pid !== null]),
    ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet'].map((name) => [
      name,
      true,
      true,
    ]),
  );
  assert.deepEqual([unit?.active, tool], [true, { path: '/usr/bin/kubeadm', version: 'v1.36.3' }]);
  assert.ok(
    components
      .filter(({ manifest }) => manifest !== null)
      .every(({ processArguments }) =>
        processArguments.every((word) => !word.includes('=/') || word.includes(`=${node.root}/`)),
      ),
  );

  // An apiserver that does not reload, a file that is not what it serves, a file that is gone, and one component dead.
  await node.faults({ apiserverReloads: false, neverComesBack: ['kube-scheduler'] });
  const next = await leaf(await authority());
  put(node.root, 'etc/kubernetes/pki/apiserver.crt', next.certificatePem);
  put(node.root, 'etc/kubernetes/pki/apiserver.key', next.keyPem);
  rmSync(join(node.root, 'etc/kubernetes/pki/etcd/peer.crt'));
  process.kill(components.find(({ name }) => name === 'kube-scheduler')!.pid!, 'SIGKILL');
  const after = await look(node);
  assert.deepEqual(states(after), { etcd: 'current', 'etcd-peer': 'unreachable', 'kube-apiserver': 'stale' });
  const scheduler = after.preconditions.components.find(({ name }) => name === 'kube-scheduler');
  assert.equal(scheduler?.healthy, false);
});

test('a kubeconfig that is renewed by hand: the component that was not restarted since is named', async (t) => {
  const node = await nodeFor(t, { kind: 'kubeadm' });
  await node.start();
  const names = async () => outdated(await look(node)).map(({ name, file }) => [name, file.id]);
  assert.deepEqual(await names(), []);
  const path = join(node.root, 'etc/kubernetes/scheduler.conf');
  await run(new Root(node.root), 'kubeadm', ['certs', 'renew', 'scheduler.conf'], { limit: 60_000 });
  const later = new Date(Date.now() + 10_000);
  utimesSync(path, later, later);
  assert.deepEqual(await names(), [['kube-scheduler', 'scheduler.conf']]);
});

test('a running K3s server: its listener’s certificate, ready for its own administrator', async (t) => {
  const node = await nodeFor(t, { kind: 'k3s-server' });
  await node.start();
  const inventory = await look(node);
  assert.deepEqual(states(inventory), { k3s: 'current' });
  const [k3s] = inventory.preconditions.components;
  assert.deepEqual([k3s?.name, k3s?.healthy, typeof k3s?.pid], ['k3s', true, 'number']);
  assert.deepEqual(k3s?.health, { scheme: 'https', host: '127.0.0.1', port: node.ports.api, path: '/readyz' });

  rmSync(join(node.root, 'etc/rancher/k3s/k3s.yaml'));
  const without = await look(node);
  assert.deepEqual(without.preconditions.components[0]?.healthy, true, 'asked with client-admin.crt');
  assert.deepEqual(without.findings, [], 'an operator may remove it');

  const admin = 'var/lib/rancher/k3s/server/tls/client-admin.crt';
  rmSync(join(node.root, admin));
  const [unasked] = (await look(node)).preconditions.components;
  assert.equal(unasked?.healthy, false);
  assert.match(unasked?.detail ?? '', /no administrator’s certificate was found/);

  const foreign = await leaf(await authority());
  put(node.root, admin, foreign.certificatePem);
  put(node.root, admin.replace('.crt', '.key'), foreign.keyPem);
  const [refused] = (await look(node)).preconditions.components;
  assert.match(refused?.detail ?? '', /refuses the administrator/);
});

test('a running RKE2 server: its kube-apiserver and its supervisor, each with its own certificate', async (t) => {
  const node = await nodeFor(t, { kind: 'rke2-server' });
  await node.start();
  const inventory = await look(node);
  assert.deepEqual(
    inventory.served.map(({ endpoint, state }) => [endpoint.name, endpoint.port, endpoint.expects, state]),
    [
      ['kube-apiserver', node.ports.api, 'serving-kube-apiserver', 'current'],
      ['rke2-supervisor', node.ports.supervisor, 'dynamic-cert', 'current'],
    ],
  );
  const [rke2] = inventory.preconditions.components;
  assert.deepEqual([rke2?.healthy, rke2?.health?.port], [true, node.ports.api]);
});

test('where a K3s or RKE2 server is asked: RKE2’s ports are fixed, and its API’s address too', async (t) => {
  for (const [kind, wanted] of [
    ['k3s-server', ['k3s 10.0.0.7:6443 dynamic-cert']],
    [
      'rke2-server',
      ['kube-apiserver 127.0.0.1:6443 serving-kube-apiserver', 'rke2-supervisor 10.0.0.7:9345 dynamic-cert'],
    ],
    ['rke2-agent', []],
  ] as const) {
    const { root } = await nodeFor(t, { kind });
    put(root, `etc/rancher/${kind.slice(0, 4).replace('-', '')}/config.yaml`, 'bind-address: 10.0.0.7\n');
    const asked = (await detect(new Root(root))).endpoints([]);
    assert.deepEqual(
      asked.map(({ name, host, port, expects }) => `${name} ${host}:${port} ${expects}`),
      wanted,
      kind,
    );
  }
});

test('a server that accepts and does not answer is unreachable, within seconds', { timeout: 120_000 }, async (t) => {
  const silent = createServer(() => {});
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  t.after(() => silent.close());
  const { port } = silent.address() as { port: number };
  const { root } = await nodeFor(t, { kind: 'k3s-server' });
  put(root, 'etc/rancher/k3s/config.yaml', `https-listen-port: ${port}\n`);
  const [served] = (await look({ root })).served;
  assert.equal(served?.state, 'unreachable');
  assert.match(served.state === 'unreachable' ? served.detail : '', /no answer within/);
});

test('another cluster’s apiserver on the same machine is not taken for ours', async (t) => {
  const node = await nodeFor(t, { kind: 'kubeadm' });
  const other = await nodeFor(t, { kind: 'kubeadm' });
  await other.start();
  const theirs = (await look(other)).preconditions.components.find(({ name }) => name === 'kube-apiserver');
  assert.equal(typeof theirs?.pid, 'number');
  const ours = (await look(node)).preconditions.components.find(({ name }) => name === 'kube-apiserver');
  assert.equal(ours?.pid, null);
  assert.match(ours?.detail ?? '', /no process of it was found/);
});

test('where servers are asked: flags, listening URLs and K3s’s settings', async (t) => {
  const { root } = await nodeFor(t, { kind: 'kubeadm' });
  const asked = async () =>
    (await detect(new Root(root)))
      .endpoints([])
      .map(({ name, host, port, expects }) => `${name} ${host}:${port} ${expects}`);
  const apiserver = 'etc/kubernetes/manifests/kube-apiserver.yaml';
  const etcd = 'etc/kubernetes/manifests/etcd.yaml';
  edit(root, apiserver, /--secure-port=\d+/, '--secure-port=7443\n    - --bind-address=10.0.0.7');
  edit(
    root,
    etcd,
    /--listen-client-urls=\S+/,
    '--listen-client-urls=http://127.0.0.1:1,https://10.0.0.7:2379,https://127.0.0.1:2379',
  );
  edit(root, etcd, /--listen-peer-urls=\S+/, '--listen-peer-urls=https://[::]:2380,nonsense');
  assert.deepEqual(await asked(), [
    'etcd 127.0.0.1:2379 etcd-server',
    'etcd-peer 127.0.0.1:2380 etcd-peer',
    'kube-apiserver 10.0.0.7:7443 apiserver',
  ]);
  edit(root, apiserver, '--secure-port=7443', '--secure-port=none');
  edit(root, apiserver, '--bind-address=10.0.0.7', '--bind-address=0.0.0.0');
  edit(root, etcd, /--listen-client-urls=\S+/, '--listen-client-urls=http://127.0.0.1:2379');
  edit(root, etcd, /--listen-peer-urls=\S+/, '--no-peers');
  assert.deepEqual(await asked(), []);
  edit(root, apiserver, /- --secure-port=none/, '- --v=1');
  assert.deepEqual(await asked(), ['kube-apiserver 127.0.0.1:6443 apiserver']);
});

test('a component without a probe is judged by its process; a second manifest of it is reported', async (t) => {
  const { root } = await nodeFor(t, { kind: 'kubeadm' });
  const manifest = 'etc/kubernetes/manifests/kube-scheduler.yaml';
  put(root, 'etc/kubernetes/manifests/kube-scheduler.yaml.bak', get(root, manifest));
  put(root, manifest, get(root, manifest).replace(/ {4}livenessProbe:[\s\S]*?(?= {4}name: kube-scheduler)/, ''));
  const wanted = `--kubeconfig=${root}/etc/kubernetes/scheduler.conf`;
  const scheduler = async () =>
    (await look({ root })).preconditions.components.find(({ name }) => name === 'kube-scheduler');
  const none = await scheduler();
  assert.deepEqual([none?.healthy, none?.pid, none?.health], [false, null, null]);
  assert.match(none?.detail ?? '', /no probe .* no process .*kube-scheduler\.yaml\.bak runs it a second time/);
  const child = await pretendPod(t, root, 'kube-scheduler', [
    `--authentication-kubeconfig=${root}/etc/kubernetes/scheduler.conf`,
    `--authorization-kubeconfig=${root}/etc/kubernetes/scheduler.conf`,
    wanted,
  ]);
  const found = await scheduler();
  assert.deepEqual([found?.healthy, found?.pid], [true, child.pid]);
});

test('a kubeadm that changes the node is seen, one that only reads or works elsewhere is not', async (t) => {
  const { root } = await nodeFor(t, { kind: 'kubeadm' });
  const seen = async () => (await look({ root })).preconditions.upgradeUnderWay;
  await pretend(t, 'kubeadm', ['upgrade', 'apply', 'v1.32.0']);
  await pretend(t, 'kubeadm', ['upgrade', 'plan', `--config=${root}/x`]);
  assert.equal(await seen(), null);
  const child = await pretend(t, 'kubeadm', ['upgrade', 'apply', `--config=${root}/x`, 'v1.32.0']);
  assert.equal(await seen(), `kubeadm upgrade is running (process ${child.pid})`);
});

test('a systemctl that fails, or is not there, is an observation', async (t) => {
  const { root } = await nodeFor(t, { kind: 'kubeadm', leafEnds: NOW + 10 * DAY });
  put(root, 'usr/bin/systemctl', '#!/bin/sh\nexit 1\n', 0o755);
  const failing = (await look({ root })).preconditions.unit;
  assert.deepEqual([failing?.loaded, failing?.active], [false, false]);
  assert.match(failing?.detail ?? '', /systemctl show kubelet exited with 1/);
  put(root, 'usr/bin/systemctl', '#!/bin/sh\necho LoadState=not-found\necho ActiveState=inactive\n', 0o755);
  assert.match((await look({ root })).preconditions.unit?.detail ?? '', /does not know/);
  for (const name of ['systemctl', 'kubeadm', 'timedatectl']) rmSync(join(root, 'usr/bin', name));
  const { preconditions, node, clock } = await look({ root });
  assert.match(preconditions.unit?.detail ?? '', /systemctl is not on this node/);
  assert.deepEqual([preconditions.tool, node.version, clock.synchronized], [null, null, null]);
});

test('free disk space is reported for the state directory and the certificates', async (t) => {
  const { root } = await nodeFor(t, { kind: 'kubeadm' });
  const { disk } = (await look({ root })).preconditions;
  assert.deepEqual(
    disk.map(({ path }) => path),
    ['/var/lib/certagent', '/etc/kubernetes/pki'],
  );
  for (const { freeBytes, neededBytes } of disk) {
    assert.ok(freeBytes > 0);
    assert.ok(neededBytes > 1024 * 1024 && neededBytes < 2 * 1024 * 1024);
  }
});

/** A process that this node's kubelet would have started for the pod of that name. */
async function pretendPod(t: TestContext, root: string, name: string, words: string[]): Promise<ChildProcess> {
  const child = await pretend(t, name, words);
  const node = readNodeRecord(root);
  const uid = uidOf(node, get(root, `etc/kubernetes/manifests/${name}.yaml`));
  notePod(root, node, { namespace: 'kube-system', name, container: name }, uid);
  showProcess(root, node, child.pid!, uid, true);
  return child;
}

/** A process of this name and arguments that does nothing, stopped after the test. */
async function pretend(t: TestContext, name: string, words: string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--eval=console.log(1);setInterval(() => {}, 1000)', '--', ...words], {
    argv0: name,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout!, 'data');
  return child;
}

const IMAGES: [image: string, version: string | null][] = [
  ['registry.k8s.io/kube-apiserver:v1.31.4', 'v1.31.4'],
  ['harbor.example:5000/k8s/kube-apiserver:v1.30.2', 'v1.30.2'],
  ['public.ecr.aws/eks/kube-apiserver:v1.33.5-eks-1-33-12', 'v1.33.5'],
  ['rancher/hardened-kubernetes:v1.34.1-rke2r1-build20250910', 'v1.34.1'],
  [`registry.k8s.io/kube-apiserver:v1.35.0@sha256:${'0a'.repeat(32)}`, 'v1.35.0'],
  [`harbor.example:5000/kube-apiserver@sha256:${'0a'.repeat(32)}`, 'v1.36.3'],
  ['registry.k8s.io/kube-apiserver:latest', 'v1.36.3'],
];
test('the version of a kube-apiserver is that of its image; where that tells none, the server is asked', async (t) => {
  const node = await nodeFor(t, { kind: 'kubeadm' });
  await node.start();
  const manifest = 'etc/kubernetes/manifests/kube-apiserver.yaml';
  await node.faults({ kubelet: 'idle' });
  const text = get(node.root, manifest);
  for (const [image, version] of IMAGES) {
    put(node.root, manifest, text.replace(/image: .*/, `image: ${image}`));
    const { components } = (await look(node)).preconditions;
    assert.equal(components.find(({ name }) => name === 'kube-apiserver')?.version, version, image);
  }
});

test('the loopback certificate: as the kube-apiserver shows it, else from its start', async (t) => {
  const node = await nodeFor(t, { kind: 'kubeadm', upDays: 40 });
  await node.start();
  const loopback = async () => (await look(node)).preconditions.loopback;
  const expected = Date.now() + (3 * 365 - 40) * DAY;
  const near = (found: number | undefined) => Math.abs((found ?? 0) - expected) < 10 * 60_000;
  const shown = await loopback();
  assert.equal(shown?.from, 'served');
  assert.ok(near(shown?.notAfter));
  // Another port than the one that its flag names: then only its process tells.
  await node.faults({ kubelet: 'idle' });
  const manifest = 'etc/kubernetes/manifests/kube-apiserver.yaml';
  edit(node.root, manifest, /--secure-port=\d+/.exec(get(node.root, manifest))![0], '--secure-port=1');
  const computed = await loopback();
  assert.equal(computed?.from, 'start');
  assert.ok(near(computed?.notAfter));
});
