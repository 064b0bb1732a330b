import assert from 'node:assert/strict';
import { chmod } from 'node:fs/promises';
import { test } from 'node:test';
import { remote } from '../../src/control/client.ts';
import { served } from './support.ts';

const GROUP = 64_123;
const SOMEBODY = 64_124;
const skip = process.getuid!() === 0 ? false : 'only root can be another user';

test('a member of the group reads and cannot act; others cannot even read', { skip }, async (t) => {
  const root = await served(t, {}, GROUP);
  await chmod(root.prefix, 0o755);
  const node = remote(root);
  await as(SOMEBODY, GROUP, async () => {
    assert.equal((await node.status()).node.name, 'cp-1');
    await assert.rejects(node.reload(), { code: 'PERMISSION', remedy: /root/ });
  });
  await as(SOMEBODY, SOMEBODY, async () => {
    await assert.rejects(node.status(), { code: 'PERMISSION', remedy: /group/ });
  });
});

async function as(uid: number, gid: number, act: () => Promise<void>): Promise<void> {
  const groups = process.getgroups!();
  process.setgroups!([]);
  process.setegid!(gid);
  process.seteuid!(uid);
  try {
    await act();
  } finally {
    process.seteuid!(0);
    process.setegid!(0);
    process.setgroups!(groups);
  }
}
