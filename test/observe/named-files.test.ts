// Certificates that only a component's flags name.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namedByFlags } from '../../src/observe/named-files.ts';
import { flagsOf } from '../../src/observe/static-pod-manifest.ts';
import { kubeconfigText } from '../../testnode/kubeconfig-text.ts';
import { pem } from './parts.ts';
import { authority, edit, leaf, look, named, nodeFor, put } from './support.ts';

const pod = (...words: string[]) => ({ component: 'kube-scheduler' as const, arguments: words, flags: flagsOf(words) });

const CASES: [what: string, words: string[], expected: string[]][] = [
  ['nothing', ['--leader-elect=true'], []],
  ['a serving pair', ['--tls-cert-file=/a.crt', '--tls-private-key-file=/b.key'], ['/a.crt /b.key']],
  ['a pair without its key', ['--peer-cert-file=/x/a.crt'], ['/x/a.crt /x/a.key']],
  ["etcd's client pair", ['--client-cert-file=/a.crt', '--client-key-file=/a.key'], ['/a.crt /a.key']],
  ['an SNI pair', ['--tls-sni-cert-key=/a.crt,/a.key'], ['/a.crt /a.key']],
  [
    'SNI pairs with names, in two words too',
    ['--tls-sni-cert-key=/a.crt,/a.key:*.a.com,a.com', '--tls-sni-cert-key', '/b.crt,/b.key:b.com'],
    ['/a.crt /a.key', '/b.crt /b.key'],
  ],
  ['an SNI pair that is not a pair', ['--tls-sni-cert-key'], []],
  [
    'CAs',
    [
      '--client-ca-file=/client.crt',
      '--requestheader-client-ca-file=/front.crt',
      '--etcd-cafile=/etcd.crt',
      '--kubelet-certificate-authority=/kubelet.crt',
    ],
    ['/client.crt', '/front.crt', '/etcd.crt', '/kubelet.crt'],
  ],
  [
    'kubeconfigs',
    ['--kubeconfig=/a', '--authentication-kubeconfig=/b', '--authorization-kubeconfig=/c'],
    ['/a', '/b', '/c'],
  ],
  ['the same file twice', ['--client-ca-file=/a.crt', '--etcd-cafile=/a.crt', '--kubeconfig=/k'], ['/a.crt', '/k']],
  ['what is known already', ['--client-ca-file=/it'], []],
  ['a relative path', ['--client-ca-file=a.crt'], []],
];
for (const [what, words, expected] of CASES)
  test(`named by flags: ${what}`, () => {
    const found = namedByFlags([pod(...words)], [pem()]);
    assert.deepEqual(
      found.map(({ path, key }) => (key === null ? path : `${path} ${key.path}`)),
      expected,
    );
    assert.ok(found.every(({ owner, component }) => owner === 'operator' && component === 'kube-scheduler'));
  });

test('what the flags of a running node name is in the inventory', async (t) => {
  const { root } = await nodeFor(t, { kind: 'kubeadm' });
  const ca = await authority('corporate');
  const sni = await leaf(ca, 'api.example.com');
  put(root, 'etc/tls/sni.crt', sni.certificatePem);
  put(root, 'etc/tls/sni.key', sni.keyPem, 0o600);
  put(root, 'etc/tls/kubelets.crt', ca.certificatePem);
  const delegated = { server: 'https://127.0.0.1:6443', ca: { pem: ca.certificatePem }, cluster: 'c', user: 'u' };
  put(root, 'etc/tls/auth.conf', kubeconfigText({ ...delegated, credentials: await leaf(ca, 'delegate') }), 0o600);
  const manifests = 'etc/kubernetes/manifests';
  edit(
    root,
    `${manifests}/kube-apiserver.yaml`,
    '- --allow-privileged=true',
    '- --allow-privileged=true\n    - --tls-sni-cert-key=/etc/tls/sni.crt,/etc/tls/sni.key:api.example.com\n    - --kubelet-certificate-authority=/etc/tls/kubelets.crt',
  );
  edit(
    root,
    `${manifests}/kube-scheduler.yaml`,
    /- --authentication-kubeconfig=\S+/,
    '- --authentication-kubeconfig=/etc/tls/auth.conf',
  );
  const inventory = await look({ root });
  assert.deepEqual(inventory.findings, []);
  const seen = (id: string) => [named(inventory, id).component, named(inventory, id).key.state];
  assert.deepEqual(seen('/etc/tls/sni.crt'), ['kube-apiserver', 'matches']);
  assert.deepEqual(seen('/etc/tls/kubelets.crt'), ['kube-apiserver', 'not-expected']);
  assert.deepEqual(seen('/etc/tls/auth.conf'), ['kube-scheduler', 'matches']);
});
