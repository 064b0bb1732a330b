import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { machineHash } from '../../src/host/machine-id.ts';
import { Root } from '../../src/host/root.ts';

const ID = '0123456789abcdef0123456789abcdef';

test('each machine has its own stable hash, which does not contain its machine-id; none before the first boot', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'certagent-machine-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const root = new Root(directory);
  const hashOf = async (text: string) => {
    await mkdir(root.at('/etc'), { recursive: true });
    await writeFile(root.at('/etc/machine-id'), text);
    return machineHash(root);
  };
  assert.equal(await machineHash(root), null, 'there is no file');
  const hash = (await hashOf(`${ID}\n`))!;
  assert.match(hash, /^[0-9a-f]{32}$/);
  assert.equal(await hashOf(ID), hash);
  assert.notEqual(await hashOf(ID.replace('0', 'f')), hash);
  assert.equal(hash.includes(ID.slice(0, 8)), false);
  for (const none of ['', 'uninitialized\n', '0'.repeat(32), ID.slice(1), `${ID}\n${ID}`])
    assert.equal(await hashOf(none), null, none);
});
