import assert from 'node:assert/strict';
import { test } from 'node:test';
import { currentEntries, parseKubeconfig } from '../../src/host/kubeconfig.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const SECRET = base64('-----BEGIN PRIVATE KEY-----\nhush\n-----END PRIVATE KEY-----\n');
const TEXT = `apiVersion: v1
kind: Config
current-context: b
clusters:
- name: one
  cluster: {server: 'https://127.0.0.1:6443', certificate-authority-data: ${base64('CA')}}
- name: two
  cluster: {server: https://two.example, certificate-authority: /etc/ca.crt}
users:
- name: files
  user: {client-certificate: /etc/a.crt, client-key: /etc/a.key}
- name: token
  user: {token: hush}
- name: embedded
  user:
    client-certificate-data: ${base64('CERT')}
    client-key-data: ${SECRET}
contexts:
- {name: a, context: {cluster: one, user: files}}
- {name: b, context: {cluster: two, user: embedded}}
`;

test('embedded data, file references and other credentials are told apart', () => {
  const config = parseKubeconfig(TEXT);
  assert.deepEqual(config.clusters, [
    { name: 'one', server: 'https://127.0.0.1:6443', ca: 'CA', caFile: null },
    { name: 'two', server: 'https://two.example', ca: null, caFile: '/etc/ca.crt' },
  ]);
  assert.deepEqual(
    config.users.map(({ name, certificate, certificateFile, otherCredentials }) => ({
      name,
      certificate,
      certificateFile,
      otherCredentials,
    })),
    [
      { name: 'files', certificate: null, certificateFile: '/etc/a.crt', otherCredentials: false },
      { name: 'token', certificate: null, certificateFile: null, otherCredentials: true },
      { name: 'embedded', certificate: 'CERT', certificateFile: null, otherCredentials: false },
    ],
  );
  assert.equal(currentEntries(config)?.user.name, 'embedded');
  assert.equal(currentEntries(config)?.cluster.name, 'two');
});

for (const [what, text, code] of [
  ['empty', '', 'BAD_YAML'],
  ['of another kind', 'kind: Pod', 'BAD_KUBECONFIG'],
  ['a list', '- a', 'BAD_KUBECONFIG'],
  ['no YAML', 'kind: Config\nusers: [', 'BAD_YAML'],
  ['with a duplicate key', `${TEXT}current-context: a\n`, 'BAD_YAML'],
  ['with an alias', 'kind: Config\nusers: &x []\nclusters: *x', 'BAD_YAML'],
  ['two documents', `${TEXT}---\n${TEXT}`, 'BAD_YAML'],
  ['with users that are no list', 'kind: Config\nusers: {}', 'BAD_KUBECONFIG'],
  ['with a nameless user', 'kind: Config\nusers: [{user: {}}]', 'BAD_KUBECONFIG'],
  [
    'with data that is no base64',
    'kind: Config\nusers: [{name: x, user: {client-key-data: "hush!!"}}]',
    'BAD_KUBECONFIG',
  ],
  [
    'damaged beside a secret',
    TEXT.replace('kind: Config', 'kind: Config:\n  - {').replace('users:', `x: ${SECRET}: {`),
    'BAD_YAML',
  ],
] as const) {
  test(`a kubeconfig ${what} is refused, and no secret is quoted`, () => {
    assert.throws(
      () => parseKubeconfig(text),
      (error: Error & { code?: string }) =>
        error.code === code && !String(error).includes(SECRET.slice(20, 60)) && !String(error).includes('hush'),
    );
  });
}

test('a file of ten thousand nested brackets is refused, not followed', () => {
  assert.throws(() => parseKubeconfig(`kind: Config\nusers: ${'['.repeat(10_000)}`), { code: 'BAD_YAML' });
});
