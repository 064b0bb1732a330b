import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Root } from '../../src/host/root.ts';
import { readSources } from '../../src/observe/read-sources.ts';
import { cut, pair, pem } from './parts.ts';
import { authority, directoryFor, leaf, put } from './support.ts';

test('a half-written certificate is read again before it is reported', async (t) => {
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
test('many broken files together take no longer than one', { timeout: 120_000 }, async (t) => {
  const root = directoryFor(t);
  const sources = Array.from({ length: 1_000 }, (_, index) => pem({ id: `${index}`, path: `/${index}` }));
  for (const { path } of sources) put(root, path, cut);
  const reads = await readSources(new Root(root), sources);
  assert.ok(reads.every(({ finding }) => finding?.reason === 'half-written'));
});
