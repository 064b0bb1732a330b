import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { Root } from '../../src/host/root.ts';
import { loadedAtStart } from '../../src/observe/supervisor/loaded-at-start.ts';
import { directoryFor } from './support.ts';

const selections = (...protocols: unknown[]) =>
  JSON.stringify({
    egressSelections: protocols.map((proxyProtocol) => ({ name: 'c', connection: { proxyProtocol } })),
  });

test('K3s: what it loads at its start alone, as the files of its last start say', async (t) => {
  const root = new Root(directoryFor(t));
  const put = async (path: string, text: string) => {
    await mkdir(dirname(join(root.prefix, path)), { recursive: true });
    await writeFile(join(root.prefix, path), text);
  };
  const look = async (text?: string) => {
    if (text !== undefined) await put('k3s/server/etc/egress-selector-config.yaml', text);
    return loadedAtStart(root, { dataDir: '/k3s' }, true);
  };
  assert.equal(await look(), null);
  for (const unknown of ['', '{', '[]', '{"egressSelections":{}}', selections()])
    assert.equal(await look(unknown), null, unknown);
  assert.deepEqual(await look(selections('Direct')), []);
  for (const proxied of [['HTTPConnect'], ['Direct', 'GRPC'], [undefined]])
    assert.deepEqual(await look(selections(...proxied)), ['egress'], String(proxied));
  assert.deepEqual(await look('{"egressSelections":[null]}'), ['egress']);
  await put('k3s/agent/containerd/peer.key', '');
  assert.deepEqual(await look(selections('Direct')), ['registry']);
  assert.deepEqual(await look(selections('HTTPConnect')), ['egress', 'registry']);
  assert.deepEqual(await loadedAtStart(root, { dataDir: '/k3s' }, false), ['registry']);
  assert.deepEqual(await loadedAtStart(root, { dataDir: '/agent' }, false), []);
});
