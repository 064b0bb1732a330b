import assert from 'node:assert/strict';
import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Root } from '../../src/host/root.ts';
import { K3S } from '../../src/observe/k3s/k3s.ts';
import { RKE2 } from '../../src/observe/rke2/rke2.ts';
import { settingsOf } from './k3s-settings-of.ts';
import { directoryFor, get, ids, look, named, nodeFor, put } from './support.ts';

test('K3s with a moved data directory and kubeconfig is found where config.yaml.d says last', async (t) => {
  const { root } = await nodeFor(t, { kind: 'k3s-server' });
  mkdirSync(join(root, 'mnt'));
  renameSync(join(root, 'var/lib/rancher/k3s'), join(root, 'mnt/k3s'));
  renameSync(join(root, 'etc/rancher/k3s/k3s.yaml'), join(root, 'etc/admin.yaml'));
  put(root, 'etc/rancher/k3s/config.yaml', `${get(root, 'etc/rancher/k3s/config.yaml')}data-dir: /nowhere\n`);
  put(root, 'etc/rancher/k3s/config.yaml.d/10-first.yaml', 'data-dir: /nowhere/either\n');
  put(root, 'etc/rancher/k3s/config.yaml.d/20-second.yaml', 'data-dir: /mnt/k3s/\nwrite-kubeconfig: /etc/admin.yaml\n');
  put(root, 'etc/rancher/k3s/config.yaml.d/ignored.txt', 'data-dir: /text\n');
  const inventory = await look({ root });
  assert.deepEqual(inventory.node.paths, {
    certificatesDir: '/mnt/k3s/server/tls',
    kubeconfigDir: '/mnt/k3s/server/cred',
    manifestsDir: null,
    dataDir: '/mnt/k3s',
    adminKubeconfig: '/etc/admin.yaml',
  });
  assert.equal(named(inventory, 'k3s.yaml').place.path, '/etc/admin.yaml');
  assert.ok(ids(inventory).includes('etcd/peer-server-client'));
});

test('K3s’s settings: later files override, "+" appends, the unit’s options win', async (t) => {
  const root = new Root(directoryFor(t));
  assert.deepEqual(await settingsOf(root, RKE2), {
    dataDir: '/var/lib/rancher/rke2',
    port: 6443,
    supervisorPort: 9345,
    kubeconfig: '/etc/rancher/rke2/rke2.yaml',
    bindAddress: null,
    server: null,
    componentArguments: { 'kube-controller-manager': [], 'kube-scheduler': [] },
    kubeletArguments: [],
    named: [],
    disabled: [],
    hasExternalDatastore: false,
    unread: [],
  });
  put(root.prefix, 'etc/rancher/k3s/config.yaml', 'https-listen-port: "7443"\nbind-address: 10.0.0.5\ntls-san: one\n');
  put(root.prefix, 'etc/rancher/k3s/config.yaml.d/a.yaml', 'https-listen-port: 8443\ntls-san+: two\nnew+: [x]\n');
  put(root.prefix, 'etc/rancher/k3s/config.yaml.d/b.yaml', 'not: [valid\n');
  const fromFiles = await settingsOf(root, K3S);
  assert.deepEqual([fromFiles.port, fromFiles.bindAddress], [8443, '10.0.0.5']);
  put(
    root.prefix,
    'etc/systemd/system/k3s.service',
    "[Service]\nExecStartPre=-/sbin/modprobe overlay\nExecStart=/usr/local/bin/k3s \\\n    server \\\n\t'-d' \\\n\t'/mnt/with space' \\\n\t\"--https-listen-port=9443\" \\\n\t'--write-kubeconfig' '/root/k.yaml' --debug --disable\n",
  );
  const { unread, ...fromUnit } = await settingsOf(root, K3S);
  assert.deepEqual(fromUnit, {
    dataDir: '/mnt/with space',
    port: 9443,
    supervisorPort: null,
    kubeconfig: '/root/k.yaml',
    bindAddress: '10.0.0.5',
    server: null,
    componentArguments: { 'kube-controller-manager': [], 'kube-scheduler': [] },
    kubeletArguments: [],
    named: ['one', 'two'].map((value) => ({ value, option: 'tls-san' })),
    disabled: [],
    hasExternalDatastore: false,
  });
  assert.deepEqual(
    unread.map(({ path }) => path),
    ['/etc/rancher/k3s/config.yaml.d/b.yaml'],
  );
  put(
    root.prefix,
    'etc/systemd/system/k3s.service',
    '[Service]\nExecStart=/usr/local/bin/k3s server --https-listen-port 0\n',
  );
  assert.equal((await settingsOf(root, K3S)).port, 6443);
});
