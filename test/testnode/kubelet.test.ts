import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { findProcesses, isCalled, procOf } from '../../src/host/processes.ts';
import { Root } from '../../src/host/root.ts';
import type { TestNode } from '../../testnode/node.ts';
import { makeNode, openNode } from '../../testnode/node.ts';
import { quickStandIns } from './bundle.ts';
import { clientOf, DAY, eventually, get, nodeFor, run, served, text } from './support.ts';

const manifests = (node: TestNode, name = '') => join(node.root, 'etc/kubernetes/manifests', name);
const processes = (node: TestNode, name: string, word: string) =>
  findProcesses(procOf(new Root(node.root)), (argv) => isCalled(argv, name) && argv.includes(word));
const certificateFile = (node: TestNode) => `--tls-cert-file=${node.root}/etc/kubernetes/pki/apiserver.crt`;
const apiserver = async (node: TestNode) => (await processes(node, 'kube-apiserver', certificateFile(node)))[0]?.pid;
const log = (node: TestNode) => text(node, 'run/demo/kubelet.log');

/** Changes one annotation by an atomic rename, from a dot-file. */
function annotate(node: TestNode, component: string, value: string): void {
  const file = manifests(node, `${component}.yaml`);
  const changed = readFileSync(file, 'utf8').replace(/^metadata:\n/m, `metadata:\n  generateName: ${value}\n`);
  writeFileSync(manifests(node, '.next'), changed);
  renameSync(manifests(node, '.next'), file);
}

describe('a running kubeadm node', () => {
  let directory: string;
  let node: TestNode;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'certagent-demo-'));
    await quickStandIns();
    node = await makeNode({ root: join(directory, 'node'), kind: 'kubeadm', leafEnds: Date.now() + 20 * DAY });
    await node.start();
  });
  after(async () => {
    await node.remove();
    await rm(directory, { recursive: true, force: true });
  });

  test('the components run under their names, with the manifest’s paths below the root', async () => {
    assert.ok(await apiserver(node));
    const scheduler = `--kubeconfig=${node.root}/etc/kubernetes/scheduler.conf`;
    assert.equal((await processes(node, 'kube-scheduler', scheduler)).length, 1);
    const shown = await run(
      node,
      'usr/bin/systemctl',
      'show',
      '--property=ActiveState,LoadState,MainPID',
      'kubelet.service',
    );
    assert.match(shown.stdout, /^MainPID=[1-9]\d*\nLoadState=loaded\nActiveState=active\n$/);
    assert.equal((await run(node, 'usr/bin/systemctl', 'is-active', 'kubelet')).stdout, 'active\n');
    assert.equal(
      (await run(node, 'usr/bin/timedatectl', 'show', '--property=NTPSynchronized')).stdout,
      'NTPSynchronized=yes\n',
    );
  });

  test('the API wants a client certificate of its CA, except for its health', async () => {
    const { apiserver: port } = node.ports;
    assert.deepEqual(await get(port!, '/livez'), { status: 200, body: 'ok' });
    const anonymous = await get(port!, '/api');
    assert.equal(anonymous.status, 401);
    assert.equal(Buffer.byteLength(anonymous.body), 165);
    assert.equal((await get(port!, '/api', clientOf(await text(node, 'etc/kubernetes/admin.conf')))).status, 200);
    assert.equal((await get(node.ports.scheduler!, '/healthz')).status, 200);
  });

  test('a changed manifest gives a new process; a touched one, a dot-file and a sub-directory do not', async () => {
    const first = await apiserver(node);
    utimesSync(manifests(node, 'kube-apiserver.yaml'), new Date(), new Date());
    writeFileSync(
      manifests(node, '.kube-scheduler.yaml.backup'),
      await text(node, 'etc/kubernetes/manifests/kube-scheduler.yaml'),
    );
    annotate(node, 'kube-controller-manager', 'one'); // after this one, the kubelet has read all of them
    await eventually(async () => /Killing pod file=kube-controller-manager\.yaml/.test(await log(node)));
    assert.equal(await apiserver(node), first);
    assert.doesNotMatch(await log(node), /backup/);
    annotate(node, 'kube-apiserver', 'two');
    const second = await eventually(async () => (await apiserver(node)) !== first && (await apiserver(node)));
    assert.notEqual(second, first);
    await eventually(async () => (await get(node.ports.apiserver!, '/readyz')).status === 200);
  });

  test('a backup left in the manifests directory runs as a pod', async () => {
    writeFileSync(
      manifests(node, 'kube-scheduler.yaml.bak'),
      `${await text(node, 'etc/kubernetes/manifests/kube-scheduler.yaml')}\n`,
    );
    await eventually(async () => /Started pod file=kube-scheduler\.yaml\.bak/.test(await log(node)));
    renameSync(manifests(node, 'kube-scheduler.yaml.bak'), join(directory, 'bak'));
  });

  test('half a manifest is not run, and a moved one is: away, and back', async () => {
    const file = manifests(node, 'etcd.yaml');
    const whole = readFileSync(file, 'utf8');
    writeFileSync(file, '');
    await eventually(async () => /Could not process manifest file path=.*etcd\.yaml/.test(await log(node)));
    assert.ok(await served(node.ports.etcd!));
    writeFileSync(file, whole);
    renameSync(file, join(directory, 'etcd.yaml'));
    await eventually(() =>
      served(node.ports.etcd!).then(
        () => false,
        () => true,
      ),
    );
    assert.equal((await get(node.ports.apiserver!, '/readyz')).status, 500);
    renameSync(join(directory, 'etcd.yaml'), file);
    await eventually(() => served(node.ports.etcd!));
    await eventually(async () => (await get(node.ports.apiserver!, '/readyz')).status === 200);
    assert.match(await log(node), /Back-off file=etcd\.yaml/);
  });

  test('the static pods outlive the kubelet, and the next kubelet finds them', async () => {
    const pid = await apiserver(node);
    assert.equal((await run(node, 'usr/bin/systemctl', 'stop', 'kubelet')).code, 0);
    assert.equal((await run(node, 'usr/bin/systemctl', 'is-active', 'kubelet')).code, 3);
    assert.equal(await apiserver(node), pid);
    assert.equal((await run(node, 'usr/bin/systemctl', 'start', 'kubelet')).code, 0);
    assert.match(
      await log(node),
      new RegExp(`Found running pod file=kube-apiserver.yaml name=kube-apiserver pid=${pid}`),
    );
    assert.equal(await apiserver(node), pid);
  });
});

test('faults: a component that never comes back, one that comes back without the renewed certificate, an idle kubelet', async (t) => {
  const node = await nodeFor(t);
  await node.start();
  const port = node.ports.apiserver!;
  await run(node, 'usr/bin/kubeadm', 'certs', 'renew', 'apiserver');
  await node.faults({ rejectsRenewed: ['kube-apiserver'] });
  const old = await apiserver(node);
  annotate(node, 'kube-apiserver', 'one');
  await eventually(async () => (await log(node)).split('Started pod file=kube-apiserver.yaml').length > 2);
  await eventually(() =>
    get(port, '/livez').then(
      () => false,
      () => true,
    ),
  );
  await node.faults({ rejectsRenewed: [], neverComesBack: ['kube-scheduler'] });
  await eventually(async () => (await get(port, '/readyz')).status === 200);
  assert.notEqual(await apiserver(node), old);
  annotate(node, 'kube-scheduler', 'two');
  await eventually(async () => /Back-off file=kube-scheduler/.test(await log(node)));
  assert.equal(await get(node.ports.scheduler!, '/healthz').catch(() => 'refused'), 'refused');
  await node.faults({ kubelet: 'idle' });
  const before = await apiserver(node);
  annotate(node, 'kube-apiserver', 'three');
  await new Promise((resolve) => setTimeout(resolve, 700)); // longer than the kubelet's period
  assert.equal(await apiserver(node), before);
});

test('a node opened elsewhere is stopped there, and nothing of it is left', async (t) => {
  const node = await nodeFor(t);
  await node.start();
  await (await openNode(node.root)).stop();
  assert.equal(await apiserver(node), undefined);
  assert.deepEqual(readdirSync(join(node.root, 'run/demo/pids')), []);
  assert.equal(existsSync(join(node.root, 'run/demo/pods/etcd.yaml.json')), false);
  await node.start();
  assert.ok(await apiserver(node));
});

test('when the process that started the node is killed, the node’s processes exit', async (t) => {
  const node = await nodeFor(t);
  const program = new URL('../../testnode/node.ts', import.meta.url);
  const script = `import { openNode } from ${JSON.stringify(program.href)};
    await (await openNode(process.argv[1])).start();
    console.log('started');
    setInterval(() => {}, 1000);`;
  const owner = spawn(process.execPath, ['--input-type=module', '-e', script, node.root], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(owner.stdout, 'data');
  assert.ok(await apiserver(node));
  owner.kill('SIGKILL');
  await eventually(async () => (await apiserver(node)) === undefined);
  await eventually(async () => (await run(node, 'usr/bin/systemctl', 'is-active', 'kubelet')).stdout !== 'active\n');
});
