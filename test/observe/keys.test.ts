import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Root } from '../../src/host/root.ts';
import { readSources } from '../../src/observe/read-sources.ts';
import { base64, ca, kubeconfig, me, pair, pem } from './parts.ts';
import { directoryFor, put } from './support.ts';

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
