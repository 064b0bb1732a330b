import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestNode } from '../../testnode/node.ts';
import { clientOf, DAY, eventually, get, nodeFor, run, served, text } from './support.ts';

const renew = (node: TestNode, name: string) => run(node, 'usr/bin/kubeadm', 'certs', 'renew', name);
const onDisk = (node: TestNode, path: string) =>
  new X509Certificate(readFileSync(join(node.root, 'etc/kubernetes/pki', path))).fingerprint256;
const overWire = async (port: number) => (await served(port)).fingerprint256;

test('etcd serves a renewed certificate at the next connection, the API server when it reads its files again', async (t) => {
  const node = await nodeFor(t);
  await node.start();
  await renew(node, 'etcd-server');
  await renew(node, 'etcd-peer');
  assert.equal(await overWire(node.ports.etcd!), onDisk(node, 'etcd/server.crt'));
  assert.equal(await overWire(node.ports.etcdPeer!), onDisk(node, 'etcd/peer.crt'));
  await renew(node, 'apiserver');
  await eventually(async () => (await overWire(node.ports.apiserver!)) === onDisk(node, 'apiserver.crt'));
  assert.equal((await get(node.ports.apiserver!, '/readyz')).status, 200);
});

test('a mismatched pair: etcd refuses connections, the API server keeps the old one', async (t) => {
  const node = await nodeFor(t);
  await node.start();
  const before = await overWire(node.ports.apiserver!);
  const other = await text(node, 'etc/kubernetes/pki/front-proxy-client.key');
  writeFileSync(join(node.root, 'etc/kubernetes/pki/etcd/server.key'), other);
  writeFileSync(join(node.root, 'etc/kubernetes/pki/apiserver.key'), other);
  await assert.rejects(served(node.ports.etcd!));
  assert.equal((await get(node.ports.apiserver!, '/readyz')).status, 500);
  await eventually(async () => /private key does not match/.test(await text(node, 'run/demo/kube-apiserver.log')));
  assert.equal(await overWire(node.ports.apiserver!), before);
});

test('faults: neither reloads, and with servesStale not even a new process serves the new one', async (t) => {
  const node = await nodeFor(t);
  await node.start();
  await node.faults({ etcdReloads: false, servesStale: ['kube-apiserver'] });
  const [etcd, api] = [await overWire(node.ports.etcd!), await overWire(node.ports.apiserver!)];
  await renew(node, 'etcd-server');
  await renew(node, 'apiserver');
  assert.equal(await overWire(node.ports.etcd!), etcd);
  const manifest = join(node.root, 'etc/kubernetes/manifests/kube-apiserver.yaml');
  writeFileSync(manifest, `${readFileSync(manifest, 'utf8')}# again\n`);
  await eventually(async () => (await text(node, 'run/demo/kubelet.log')).split('name=kube-apiserver pid').length > 4);
  await eventually(async () => (await get(node.ports.apiserver!, '/readyz')).status === 200);
  assert.equal(await overWire(node.ports.apiserver!), api);
});

test('expired: the API refuses the administrator, the scheduler exits; renewed and restarted, both are healthy', async (t) => {
  const node = await nodeFor(t, { leafEnds: Date.now() - DAY });
  await node.start();
  const admin = clientOf(await text(node, 'etc/kubernetes/admin.conf'));
  assert.equal((await get(node.ports.apiserver!, '/api', admin)).status, 401);
  assert.equal((await get(node.ports.apiserver!, '/readyz')).status, 500);
  await eventually(async () => /Pod ended file=kube-scheduler/.test(await text(node, 'run/demo/kubelet.log')));
  await renew(node, 'all');
  await eventually(async () => (await get(node.ports.apiserver!, '/readyz')).status === 200);
  const renewed = clientOf(await text(node, 'etc/kubernetes/admin.conf'));
  assert.equal((await get(node.ports.apiserver!, '/api', renewed)).status, 200);
});

test('with an external etcd the API server is ready, and etcd is not a pod', async (t) => {
  const node = await nodeFor(t, { kind: 'kubeadm-external-etcd' });
  await node.start();
  assert.equal((await get(node.ports.apiserver!, '/readyz')).status, 200);
  assert.doesNotMatch(await text(node, 'run/demo/kubelet.log'), /name=etcd/);
});
