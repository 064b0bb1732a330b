import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseDynamicCert } from '../../testnode/dynamic-cert.ts';
import { look } from '../observe/support.ts';
import { DAY, nodeFor, text } from './support.ts';

const openssl = (...words: string[]) => execFileSync('openssl', words, { encoding: 'utf8' });

for (const minor of [30, 36])
  test(`kubeadm v1.${minor}: openssl verifies every leaf against its CA and reads the names kubeadm gives`, async (t) => {
    const leafEnds = Date.parse('2031-05-06T07:08:09Z');
    const node = await nodeFor(t, { leafEnds, keys: 'rsa', version: `v1.${minor}.3` });
    const pki = join(node.root, 'etc/kubernetes/pki');
    const expected = [
      ['apiserver', 'ca', 'CN = kube-apiserver'],
      ['apiserver-kubelet-client', 'ca', 'O = kubeadm:cluster-admins, CN = kube-apiserver-kubelet-client'],
      ['apiserver-etcd-client', 'etcd/ca', 'CN = kube-apiserver-etcd-client'],
      ['front-proxy-client', 'front-proxy-ca', 'CN = front-proxy-client'],
      ['etcd/server', 'etcd/ca', 'CN = demo-node'],
      ['etcd/peer', 'etcd/ca', 'CN = demo-node'],
      ['etcd/healthcheck-client', 'etcd/ca', 'CN = kube-etcd-healthcheck-client'],
    ] as const;
    for (const [leaf, ca, subject] of expected) {
      const file = join(pki, `${leaf}.crt`);
      assert.match(openssl('verify', '-CAfile', join(pki, `${ca}.crt`), file), /: OK\n$/);
      const facts = openssl('x509', '-in', file, '-noout', '-subject', '-enddate', '-startdate');
      assert.match(facts, new RegExp(`^subject=${subject}\n`));
      assert.match(facts, /notAfter=May {2}6 07:08:09 2031 GMT/);
      const started = openssl('x509', '-in', join(pki, `${ca}.crt`), '-noout', '-startdate');
      assert.equal(facts.includes(started), minor < 31, 'until v1.30, notBefore is the CA’s');
      assert.equal(statSync(join(pki, `${leaf}.key`)).mode & 0o777, 0o600);
      assert.equal(
        openssl('x509', '-in', file, '-noout', '-pubkey'),
        openssl('rsa', '-in', join(pki, `${leaf}.key`), '-pubout'),
      );
    }
    const sans = openssl('x509', '-in', join(pki, 'apiserver.crt'), '-noout', '-ext', 'subjectAltName');
    assert.match(
      sans,
      /DNS:kubernetes\.default\.svc\.cluster\.local, IP Address:10\.96\.0\.1, IP Address:127\.0\.0\.1/,
    );
    assert.equal(await text(node, 'home/alice/.kube/config'), await text(node, 'etc/kubernetes/admin.conf'));
    assert.match(await text(node, 'var/lib/kubelet/pki/kubelet-client-current.pem'), /CERTIFICATE[\s\S]*PRIVATE KEY/);
  });

const absent = [
  {
    kind: 'kubeadm-external-etcd',
    without: ['pki/etcd/ca.crt', 'pki/apiserver-etcd-client.crt', 'manifests/etcd.yaml'],
  },
  { kind: 'kubeadm-external-ca', without: ['pki/ca.key'] },
  {
    kind: 'kubeadm-worker',
    without: ['admin.conf', 'pki/ca.key', 'pki/apiserver.crt', 'manifests/kube-apiserver.yaml'],
  },
] as const;

for (const { kind, without } of absent) {
  test(`${kind} lacks ${without.join(', ')} and has the rest`, async (t) => {
    const node = await nodeFor(t, { kind });
    for (const path of without) assert.equal(existsSync(join(node.root, 'etc/kubernetes', path)), false, path);
    assert.ok(existsSync(join(node.root, 'etc/kubernetes/pki/ca.crt')));
    assert.ok(existsSync(join(node.root, 'etc/kubernetes/kubelet.conf')));
  });
}

test('before v1.29 administrators are system:masters, without a super-admin.conf', async (t) => {
  const node = await nodeFor(t, { version: 'v1.28.9' });
  assert.equal(existsSync(join(node.root, 'etc/kubernetes/super-admin.conf')), false);
  const file = join(node.root, 'etc/kubernetes/pki/apiserver-kubelet-client.crt');
  assert.match(openssl('x509', '-in', file, '-noout', '-subject'), /O = system:masters/);
});

for (const [version, kept] of [
  ['v1.28.15+k3s1', 12],
  ['v1.32.0+k3s1', 12],
  ['v1.32.3+k3s1', 10],
  ['v1.36.3+k3s1', 10],
] as const)
  test(`k3s ${version}: ${kept} leaves, five CAs, chains of two in each file, and the listener’s secret`, async (t) => {
    const leafEnds = Date.now() + 100 * DAY;
    const node = await nodeFor(t, { kind: 'k3s-server', leafEnds, version });
    const tls = join(node.root, 'var/lib/rancher/k3s/server/tls');
    const files = (await readdir(tls, { recursive: true })).filter((name) => name.endsWith('.crt'));
    const leaves = files.filter((name) => !name.endsWith('-ca.crt'));
    assert.equal(files.length - leaves.length, 5);
    assert.equal(leaves.length, kept);
    assert.ok(existsSync(join(tls, 'client-kube-proxy.key')), 'its key is there in any case');
    for (const name of leaves) {
      const pem = readFileSync(join(tls, name), 'utf8');
      assert.equal(pem.match(/BEGIN CERTIFICATE/g)?.length, 2, name);
    }
    const listener = parseDynamicCert(readFileSync(join(tls, 'dynamic-cert.json'), 'utf8'));
    assert.match(listener.certificatePem, /^-----BEGIN CERTIFICATE-----\n/);
    const verified = openssl('verify', '-CAfile', join(tls, 'client-ca.crt'), join(tls, 'client-admin.crt'));
    assert.match(verified, /: OK\n$/);
    const facts = openssl('x509', '-in', join(tls, 'client-admin.crt'), '-noout', '-subject', '-issuer');
    assert.match(facts, /^subject=O = system:masters, CN = system:admin\nissuer=CN = k3s-client-ca@\d+\n$/);
    assert.equal(await text(node, 'home/alice/.kube/config'), await text(node, 'etc/rancher/k3s/k3s.yaml'));
    assert.equal(statSync(join(node.root, 'etc/rancher/k3s/k3s.yaml')).mode & 0o777, 0o600);
    assert.equal(statSync(join(node.root, 'var/lib/rancher/k3s/server/tls/dynamic-cert.json')).mode & 0o777, 0o600);
  });

test('rke2 is the same under its own names, and has a kube-apiserver and a supervisor in place of one listener', async (t) => {
  const node = await nodeFor(t, { kind: 'rke2-server' });
  assert.ok(existsSync(join(node.root, 'etc/rancher/rke2/rke2.yaml')));
  assert.ok(existsSync(join(node.root, 'var/lib/rancher/rke2/agent/client-rke2-controller.crt')));
  assert.match(
    await text(node, 'etc/rancher/rke2/config.yaml'),
    new RegExp(`supervisor-port: ${node.ports.supervisor}`),
  );
  assert.deepEqual(Object.keys(node.ports), ['api', 'supervisor', 'kubelet', 'controllerManager', 'scheduler']);
});

test('a kubelet whose drop-in names another directory, and kube-vip beside the control plane', async (t) => {
  const node = await nodeFor(t, { extras: ['kube-vip', 'kubelet-drop-in'] });
  await node.start();
  assert.deepEqual((await readdir(join(node.root, 'etc/kubelet.d'))).sort(), [
    ...['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-vip'].map(
      (name) => `${name}.yaml`,
    ),
  ]);
  const { node: found, preconditions } = await look(node);
  assert.equal(found.paths.manifestsDir, '/etc/kubelet.d');
  assert.ok(preconditions.components.every(({ healthy, pid }) => healthy && pid !== null));
  assert.deepEqual(
    preconditions.neighbours?.map(({ pod, startedAt }) => [pod, startedAt !== null]),
    [['kube-vip', true]],
  );
});
