import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Root } from '../../src/host/root.ts';
import { groupId, lookUpUsers, memberships, users } from '../../src/host/users.ts';

function image(t: TestContext): Root {
  const dir = mkdtempSync(join(tmpdir(), 'certagent-users-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  for (const each of ['etc', 'usr/bin']) mkdirSync(join(dir, each), { recursive: true });
  return new Root(dir);
}

test('databases of 100,000 lines are read', async (t) => {
  const root = image(t);
  const lines = Array.from({ length: 100_000 }, (_, i) => i);
  const passwd = lines.map(
    (i) => `student${i}:x:${70_000 + i}:100:Student Number ${i},,,:/home/student${i}:/bin/bash\n`,
  );
  writeFileSync(root.at('/etc/passwd'), passwd.join(''));
  const members = lines.map((i) => `student${i}`).join(',');
  writeFileSync(root.at('/etc/group'), `class:x:900:${members}\nops:x:901:student7,student7\ncertagent:x:990:\n`);
  const found = await users(root);
  assert.equal(found.length, 100_000);
  assert.deepEqual(found.at(-1), { name: 'student99999', uid: 169_999, gid: 100, home: '/home/student99999' });
  assert.equal(await groupId(root, 'certagent'), 990);
  assert.deepEqual([...(await memberships(root, new Set(['student7', 'nobody'])))], [['student7', [900, 901]]]);
});

test('no databases, no users', async (t) => {
  const root = image(t);
  assert.deepEqual(await users(root), []);
  assert.equal(await groupId(root, 'certagent'), null);
  assert.deepEqual(await lookUpUsers(root, ['zoe']), []);
});

test('users of a directory service are looked up with getent, which gets no options', async (t) => {
  const root = image(t);
  const script = '#!/bin/sh\n[ "$*" = "passwd zoe 70001" ] && echo "zoe:*:70001:70001:Zoe:/home/zoe:/bin/sh"; exit 2\n';
  writeFileSync(root.at('/usr/bin/getent'), script);
  chmodSync(root.at('/usr/bin/getent'), 0o755);
  assert.deepEqual(await lookUpUsers(root, ['zoe', '-s', 'a:b', '70001']), [
    { name: 'zoe', uid: 70_001, gid: 70_001, home: '/home/zoe' },
  ]);
});
