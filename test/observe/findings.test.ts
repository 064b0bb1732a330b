import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { FindingReason } from '../../src/domain/inventory.ts';
import { Root } from '../../src/host/root.ts';
import { readSources } from '../../src/observe/read.ts';
import { type Source, source } from '../../src/observe/source.ts';
import { authority, directoryFor, leaf, put } from './support.ts';

const pair = await leaf(await authority());
const ca = await authority('another');
const kubeconfig = (user: string) => `apiVersion: v1
kind: Config
clusters:
- name: one
  cluster: { server: "https://127.0.0.1:6443", certificate-authority-data: ${base64(ca.certificatePem)} }
contexts:
- name: main
  context: { cluster: one, user: me }
current-context: main
users:
${user}`;
const me = (certificate: string, key = pair.keyPem) =>
  `- name: me\n  user: { client-certificate-data: ${base64(certificate)}, client-key-data: ${base64(key)} }\n`;

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

const pem = (given: Partial<Source> = {}): Source =>
  source({ id: 'it', path: '/it', format: 'pem', owner: 'operator', ...given });

const cut = pair.certificatePem.slice(0, 300);
const garbage = '-----BEGIN CERTIFICATE-----\nbm90IGEgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n';

type Broken = {
  what: string;
  make: (root: string) => void;
  format?: Source['format'];
  reason: FindingReason;
  detail: RegExp;
  /** Certificates that are told all the same. */
  still?: number;
};

const BROKEN: Broken[] = [
  { what: 'nothing there', make: () => {}, reason: 'missing', detail: /does not exist/ },
  { what: 'an empty file', make: (root) => put(root, 'it', ''), reason: 'empty', detail: /empty/ },
  { what: 'half a certificate', make: (root) => put(root, 'it', cut), reason: 'half-written', detail: /within/ },
  {
    what: 'a chain cut in its second certificate',
    make: (root) => put(root, 'it', pair.certificatePem + cut),
    reason: 'half-written',
    detail: /within/,
    still: 1,
  },
  {
    what: 'a certificate cut and another written after it',
    make: (root) => put(root, 'it', `${cut}\n${pair.certificatePem}`),
    reason: 'half-written',
    detail: /within/,
  },
  {
    what: 'binary data',
    make: (root) => put(root, 'it', Buffer.from([0x30, 0x82, 0x00, 0x01])),
    reason: 'binary',
    detail: /binary/,
  },
  { what: 'some other text', make: (root) => put(root, 'it', 'hello\n'), reason: 'no-certificate', detail: /no PEM/ },
  { what: 'a key alone', make: (root) => put(root, 'it', pair.keyPem), reason: 'no-certificate', detail: /no PEM/ },
  {
    what: 'a PEM block that is no certificate',
    make: (root) => put(root, 'it', garbage),
    reason: 'bad-certificate',
    detail: /certificate 1/,
  },
  {
    what: 'a chain with one bad certificate',
    make: (root) => put(root, 'it', pair.certificatePem + garbage),
    reason: 'bad-certificate',
    detail: /certificate 2/,
    still: 1,
  },
  {
    what: '100 MB',
    make: (root) => {
      put(root, 'it', '');
      truncateSync(join(root, 'it'), 100 * 1024 * 1024);
    },
    reason: 'too-large',
    detail: /1 MiB/,
  },
  { what: 'a directory', make: (root) => mkdirSync(join(root, 'it')), reason: 'not-a-file', detail: /no regular/ },
  {
    what: 'a FIFO that nobody writes to',
    make: (root) => execFileSync('mkfifo', [join(root, 'it')]),
    reason: 'not-a-file',
    detail: /no regular/,
  },
  {
    what: 'a link to itself',
    make: (root) => symlinkSync('it', join(root, 'it')),
    reason: 'not-a-file',
    detail: /no regular/,
  },
  {
    what: 'a kubeconfig that is no YAML',
    make: (root) => put(root, 'it', 'kind: Config\nusers: [\n'),
    format: 'kubeconfig',
    reason: 'bad-kubeconfig',
    detail: /YAML at line/,
  },
  {
    what: 'a kubeconfig that is something else',
    make: (root) => put(root, 'it', 'kind: Pod\n'),
    format: 'kubeconfig',
    reason: 'bad-kubeconfig',
    detail: /kind: Config/,
  },
  {
    what: 'a kubeconfig that is nested beyond reason',
    make: (root) => put(root, 'it', `kind: Config\nusers: ${'['.repeat(200_000)}`),
    format: 'kubeconfig',
    reason: 'bad-kubeconfig',
    detail: /./,
  },
  {
    what: 'a kubeconfig cut before its users',
    make: (root) => put(root, 'it', kubeconfig('')),
    format: 'kubeconfig',
    reason: 'bad-kubeconfig',
    detail: /no user/,
    still: 1,
  },
  {
    what: 'a kubeconfig with half a certificate',
    make: (root) => put(root, 'it', kubeconfig(me(cut))),
    format: 'kubeconfig',
    reason: 'half-written',
    detail: /user "me" ends within/,
    still: 1,
  },
  {
    what: 'a listener secret cut in two',
    make: (root) => put(root, 'it', `{"data":{"tls.crt":"${base64(pair.certificatePem).slice(0, 90)}`),
    format: 'dynamic-cert',
    reason: 'half-written',
    detail: /JSON/,
  },
  {
    what: 'a listener secret that is no JSON',
    make: (root) => put(root, 'it', 'garbage }'),
    format: 'dynamic-cert',
    reason: 'no-certificate',
    detail: /no JSON/,
  },
  {
    what: 'a listener secret without data',
    make: (root) => put(root, 'it', '{"kind":"Secret"}'),
    format: 'dynamic-cert',
    reason: 'no-certificate',
    detail: /no PEM/,
  },
];

for (const { what, make, format = 'pem', reason, detail, still = 0 } of BROKEN) {
  test(`${what} is told as ${reason}, soon and without its content`, async (t) => {
    const root = directoryFor(t);
    make(root);
    const [read] = await readSources(new Root(root), [pem({ format })]);
    assert.equal(read?.finding?.reason, reason);
    assert.match(read.finding.detail, detail);
    assert.deepEqual([read.finding.path, read.finding.id, read.finding.owner], ['/it', 'it', 'operator']);
    assert.equal(read.certificates.length, still);
  });
}

test('a file that may not be read is told as permission', {
  skip: process.getuid?.() === 0 && 'root may read everything',
}, async (t) => {
  const root = directoryFor(t);
  put(root, 'it', pair.certificatePem);
  chmodSync(join(root, 'it'), 0);
  const [read] = await readSources(new Root(root), [pem()]);
  assert.equal(read?.finding?.reason, 'permission');
});

test('what is optional may be missing, and is told all the same when it is broken', async (t) => {
  const root = directoryFor(t);
  const [missing] = await readSources(new Root(root), [pem({ presence: 'optional' })]);
  assert.equal(missing?.finding, null);
  put(root, 'it', '');
  const [empty] = await readSources(new Root(root), [pem({ presence: 'optional' })]);
  assert.equal(empty?.finding?.reason, 'empty');
});

test('a half-written certificate is read again before anybody is told', async (t) => {
  const root = directoryFor(t);
  put(root, 'it', cut);
  const reading = readSources(new Root(root), [pem({ key: { path: '/it.key', expected: true } })]);
  await pause(60);
  put(root, 'it', pair.certificatePem);
  put(root, 'it.key', pair.keyPem, 0o600);
  const [read] = await reading;
  assert.equal(read?.finding, null);
  assert.equal(read.certificates[0]?.key.state, 'matches');
});

test('a new key beside the old certificate, as kubeadm writes them, is read again', async (t) => {
  const root = directoryFor(t);
  const next = await leaf(await authority());
  put(root, 'it', pair.certificatePem);
  put(root, 'it.key', next.keyPem, 0o600);
  const reading = readSources(new Root(root), [pem({ key: { path: '/it.key', expected: true } })]);
  await pause(60);
  put(root, 'it', next.certificatePem);
  const [read] = await reading;
  assert.equal(read?.certificates[0]?.key.state, 'matches');
});

// One pause for all of them: one each would take minutes.
test('many broken files together take no longer than one', { timeout: 30_000 }, async (t) => {
  const root = directoryFor(t);
  const sources = Array.from({ length: 1_000 }, (_, index) => pem({ id: `${index}`, path: `/${index}` }));
  for (const { path } of sources) put(root, path, cut);
  const reads = await readSources(new Root(root), sources);
  assert.ok(reads.every(({ finding }) => finding?.reason === 'half-written'));
});

test('keys: matching, of another certificate, unreadable, missing, and none expected', async (t) => {
  const root = directoryFor(t);
  put(root, 'it', pair.certificatePem);
  put(root, 'good.key', pair.keyPem, 0o600);
  put(root, 'other.key', ca.keyPem, 0o600);
  put(root, 'garbage.key', 'garbage', 0o600);
  put(root, 'bad.key', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n', 0o600);
  mkdirSync(join(root, 'directory.key'));
  const state = async (path: string, expected = true) => {
    const [read] = await readSources(new Root(root), [pem({ key: { path, expected } })]);
    return read?.certificates[0]?.key;
  };
  assert.deepEqual(await state('/good.key'), {
    state: 'matches',
    path: '/good.key',
    mode: 0o600,
    readableByOthers: false,
  });
  assert.equal((await state('/other.key'))?.state, 'differs');
  assert.equal((await state('/garbage.key'))?.state, 'unreadable');
  assert.equal((await state('/bad.key'))?.state, 'unreadable');
  assert.equal((await state('/directory.key'))?.state, 'unreadable');
  assert.deepEqual(await state('/none.key'), {
    state: 'missing',
    path: '/none.key',
    mode: null,
    readableByOthers: false,
  });
  assert.deepEqual(await state('/none.key', false), { state: 'not-expected' });
});

test('a key is readable by others only when every directory lets them through', async (t) => {
  const root = directoryFor(t);
  const key = async (mode: number, directoryMode: number) => {
    rmSync(join(root, 'deep'), { recursive: true, force: true });
    put(root, 'deep/in/it.key', pair.keyPem);
    put(root, 'it', pair.certificatePem);
    chmodSync(join(root, 'deep/in/it.key'), mode);
    chmodSync(join(root, 'deep'), directoryMode);
    const [read] = await readSources(new Root(root), [pem({ key: { path: '/deep/in/it.key', expected: true } })]);
    const finding = read?.certificates[0]?.key;
    return finding?.state === 'not-expected' ? null : finding?.readableByOthers;
  };
  assert.equal(await key(0o600, 0o755), false);
  assert.equal(await key(0o640, 0o755), true);
  assert.equal(await key(0o644, 0o755), true);
  assert.equal(await key(0o644, 0o700), false);
  assert.equal(await key(0o640, 0o710), true);
  assert.equal(await key(0o604, 0o710), false);
});

test('a key in the certificate’s own file is the one that counts', async (t) => {
  const root = directoryFor(t);
  put(root, 'it', pair.certificatePem + pair.keyPem, 0o600);
  const [read] = await readSources(new Root(root), [pem({ key: { path: '/none', expected: true } })]);
  assert.deepEqual([read?.certificates[0]?.key.state, read?.finding], ['matches', null]);
});

test('a kubeconfig: other users, a user without its key, tokens, and files it refers to', async (t) => {
  const root = directoryFor(t);
  const users = `${me(pair.certificatePem)}- name: bare
  user: { client-certificate-data: ${base64(pair.certificatePem)} }
- name: token
  user: { token: secret-of-mine }
- name: files
  user: { client-certificate: pki/a.crt, client-key: /pki/a.key }
`;
  put(root, 'it', kubeconfig(users));
  put(root, 'pki/a.crt', pair.certificatePem);
  put(root, 'pki/a.key', pair.keyPem, 0o600);
  const reads = await readSources(new Root(root), [pem({ format: 'kubeconfig', owner: 'kubeadm' })]);
  const told = reads.flatMap(({ certificates }) => certificates.map(({ id, key }) => [id, key.state]));
  assert.deepEqual(told, [
    ['it', 'matches'],
    ['it/user/bare', 'missing'],
    ['it/cluster/one', 'not-expected'],
    ['it/user/files', 'matches'],
  ]);
  assert.equal(JSON.stringify(reads.map(({ finding }) => finding)).includes('secret-of-mine'), false);
});

test('under a root prefix absolute links start at the root, and none leads out of it', async (t) => {
  const outside = directoryFor(t);
  const root = directoryFor(t);
  writeFileSync(join(outside, 'secret.crt'), pair.certificatePem);
  put(root, 'pki/real.crt', pair.certificatePem);
  symlinkSync('/pki/real.crt', join(root, 'inside'));
  symlinkSync(join(outside, 'secret.crt'), join(root, 'outside'));
  symlinkSync(`${'../'.repeat(20)}${outside}/secret.crt`, join(root, 'upwards'));
  const reads = await readSources(
    new Root(root),
    ['/inside', '/outside', '/upwards'].map((path) => pem({ path })),
  );
  assert.deepEqual(
    reads.map(({ finding }) => finding?.reason ?? 'read'),
    ['read', 'missing', 'missing'],
  );
});
