import assert from 'node:assert/strict';
import { statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Root } from '../../src/host/root.ts';
import { readSources } from '../../src/observe/read-sources.ts';
import { BoundedMap, isWorthRemembering, memory } from '../../src/observe/remembered.ts';
import { ca, kubeconfig, me, pair, pem } from './parts.ts';
import { directoryFor, put } from './support.ts';

test('the content of an unchanged file is remembered, and a change in place that keeps the times is seen', async (t) => {
  const root = directoryFor(t);
  const path = join(root, 'it');
  const text = pair.certificatePem + pair.keyPem;
  put(root, 'it', text, 0o600);
  put(root, 'config', kubeconfig(me(pair.certificatePem)), 0o600);
  const config = pem({ id: 'config', path: '/config', format: 'kubeconfig', owner: 'kubeadm' });
  const look = async () => (await readSources(new Root(root), [pem(), config]))[0]?.certificates[0];
  const said = (await look())?.certificate;
  // Written just now: it could change again within the same tick of the clock.
  assert.notEqual((await look())?.certificate, said);
  await pause(2_100);
  const kept = (await look())?.certificate;
  assert.equal((await look())?.certificate, kept, 'the very same object');

  const entries = JSON.stringify([
    memory.get(`operator's pem ${path}`),
    memory.get(`kubeconfig ${join(root, 'config')}`),
  ]);
  assert.match(entries, /"fingerprint".*"fingerprint"/);
  for (const secret of pair.keyPem.split('\n').filter((line) => line.length > 20)) assert.ok(!entries.includes(secret));

  const { atime, mtime } = statSync(path);
  const other = (ca.certificatePem + pair.keyPem).padEnd(text.length, '\n').slice(0, text.length);
  writeFileSync(path, other);
  utimesSync(path, atime, mtime);
  assert.notEqual((await look())?.certificate.fingerprint, kept?.fingerprint);
});

test('a time ahead of the clock is not relied upon', () => {
  assert.equal(isWorthRemembering(Date.now() - 3_000), true);
  assert.equal(isWorthRemembering(Date.now()), false);
  assert.equal(isWorthRemembering(Date.now() + 3_600_000), false);
});

test('the memory is bounded, and forgets what was not asked for longest', () => {
  const map = new BoundedMap<string, number>(2);
  map.set('a', 1);
  map.set('b', 2);
  assert.equal(map.get('a'), 1);
  map.set('c', 3);
  assert.deepEqual([map.get('a'), map.get('b'), map.get('c'), map.size], [1, undefined, 3, 2]);
});
