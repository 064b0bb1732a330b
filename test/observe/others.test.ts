import assert from 'node:assert/strict';
import { chownSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DAY } from '../../src/domain/time/duration.ts';
import { authority, get, ids, leaf, look, NOW, named, nodeFor, put } from './support.ts';

test('paths and patterns that an operator named: chains, kubeconfigs, keys, what is wrong', async (t) => {
  const { root } = await nodeFor(t, { kind: 'kubeadm-worker', users: [{ name: 'alice' }] });
  const ca = await authority('ingress-ca');
  const one = await leaf(ca, 'one', NOW + 5 * DAY);
  const two = await leaf(ca, 'two');
  put(root, 'etc/ingress/one.crt', one.certificatePem + ca.certificatePem);
  put(root, 'etc/ingress/one.key', two.keyPem, 0o600);
  put(root, 'etc/ingress/deep/two.pem', two.certificatePem + two.keyPem, 0o600);
  put(root, 'etc/ingress/deep/junk.crt', 'junk');
  mkdirSync(join(root, 'etc/ingress/directory.crt'));
  put(
    root,
    'etc/listener.json',
    JSON.stringify({ data: { 'tls.crt': btoa(one.certificatePem), 'tls.key': btoa(one.keyPem) } }),
  );
  put(root, 'etc/ci.conf', get(root, 'etc/kubernetes/kubelet.conf'));
  const inventory = await look(
    { root },
    {
      watch: [
        '/etc/ingress/**/*.{crt,pem,key}',
        '/etc/listener.json',
        '/etc/ci.conf',
        '/etc/none.crt',
        '/etc/none/*.crt',
        '/etc/kubernetes/pki/ca.crt',
      ],
    },
  );
  const watched = inventory.certificates.filter(({ owner }) => owner === 'operator');
  assert.deepEqual(
    watched.map(({ id, place, key, issuance }) => [id, place.kind, key.state, issuance.state]),
    [
      ['/etc/ingress/deep/two.pem', 'pem', 'matches', 'signed'],
      ['/etc/ingress/one.crt', 'pem', 'differs', 'signed'],
      ['/etc/ingress/one.crt#1', 'pem', 'not-expected', 'self-signed'],
      ['/etc/listener.json', 'dynamic-cert', 'matches', 'signed'],
      ['/etc/ci.conf/cluster/kubernetes', 'kubeconfig', 'not-expected', 'self-signed'],
    ],
  );
  assert.equal(named(inventory, '/etc/ingress/one.crt').issuance.ca, '/etc/ingress/one.crt#1');
  assert.deepEqual(
    inventory.findings.map(({ path, reason }) => [path, reason]),
    [
      ['/etc/none/*.crt', 'missing'],
      ['/etc/ingress/deep/junk.crt', 'no-certificate'],
      ['/etc/none.crt', 'missing'],
    ],
  );
});

test('what users hold in their homes is not opened', async (t) => {
  const { root } = await nodeFor(t, { kind: 'kubeadm', users: [{ name: 'alice' }] });
  const told = JSON.stringify(await look({ root }));
  assert.equal(told.includes('/home/alice'), false);
});

test('a kubeconfig that a pattern finds is parsed only if root owns it', {
  skip: process.getuid!() !== 0,
}, async (t) => {
  const { root } = await nodeFor(t, { kind: 'kubeadm', users: [{ name: 'alice' }] });
  chownSync(join(root, 'home/alice/.kube/config'), 54_321, 54_321);
  put(root, 'srv/ci/kubeconfig', get(root, 'etc/kubernetes/admin.conf'), 0o600);
  const inventory = await look({ root }, { watch: ['/home/*/.kube/config', '/srv/ci/*'] });
  assert.ok(named(inventory, '/srv/ci/kubeconfig'));
  assert.deepEqual(
    inventory.findings.map(({ path, reason, detail }) => [path, reason, detail]),
    [
      [
        '/home/alice/.kube/config',
        'permission',
        'holds no PEM certificate, and certagent parses a kubeconfig here only if root owns it, not UID 54321',
      ],
    ],
  );
});

test('a leaf of a CA with the right name but another key is not signed, whoever’s it is', async (t) => {
  const { root } = await nodeFor(t, { kind: 'kubeadm' });
  const forged = await authority('kubernetes');
  const lookalike = await leaf(forged, 'kube-apiserver');
  put(root, 'etc/kubernetes/pki/apiserver.crt', lookalike.certificatePem);
  put(root, 'etc/kubernetes/pki/apiserver.key', lookalike.keyPem, 0o600);
  const inventory = await look({ root });
  const ca = named(inventory, 'ca').certificate;
  assert.deepEqual(named(inventory, 'apiserver').issuance, { ca: 'ca', state: 'not-signed', caNotAfter: ca.notAfter });
});

test('a CA that is missing, a CA file with the previous and the new one, and a leaf of another CA', async (t) => {
  const { root } = await nodeFor(t, { kind: 'kubeadm' });
  const next = await authority('next-ca');
  const old = get(root, 'etc/kubernetes/pki/ca.crt');
  put(root, 'etc/kubernetes/pki/ca.crt', next.certificatePem + old);
  rmSync(join(root, 'etc/kubernetes/pki/front-proxy-ca.crt'));
  put(root, 'etc/stranger.crt', (await leaf(await authority('far-away'))).certificatePem);
  const inventory = await look({ root }, { watch: ['/etc/stranger.crt'] });
  assert.equal(named(inventory, 'apiserver').issuance.ca, 'ca#1');
  assert.deepEqual(named(inventory, 'front-proxy-client').issuance, {
    ca: 'front-proxy-ca',
    state: 'ca-missing',
    caNotAfter: null,
  });
  assert.deepEqual(named(inventory, '/etc/stranger.crt').issuance, { ca: null, state: 'unknown', caNotAfter: null });
  assert.equal(named(inventory, 'ca').key.state, 'differs');
  assert.deepEqual(
    inventory.preconditions.caKeys.map(({ ca, state }) => [ca, state]),
    [
      ['ca', 'differs'],
      ['etcd-ca', 'present'],
      ['front-proxy-ca', 'unreadable'],
    ],
  );
});

test('two entries whose names look the same keep ids of their own', async (t) => {
  const { root } = await nodeFor(t, { kind: 'kubeadm' });
  const text = get(root, 'etc/kubernetes/admin.conf');
  const user = text.slice(text.indexOf('- name: kubernetes-admin\n  user:'));
  // Names are cut in ids; kubectl refuses two users of the same name.
  const long = (end: string) => user.replace('kubernetes-admin', `${'x'.repeat(200)}${end}`);
  put(root, 'srv/ci/kubeconfig', `${text}${long('a')}${long('b')}`, 0o600);
  const told = ids(await look({ root }, { watch: ['/srv/ci/kubeconfig'] })).filter((id) => id.includes('/user/'));
  assert.equal(told.length, 2);
  assert.equal(told[1], `${told[0]}~2`);
});
