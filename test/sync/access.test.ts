import assert from 'node:assert/strict';
import { existsSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { COPIES, COPY, client, DAY, kubeconfig, MEMORY, NOW, type Pki, type SyncNode } from './fixture.ts';
import { nodePerTest } from './node-per-test.ts';

const BACKUP = `${COPY}.certagent-backup`;

describe('certagent does not undo that access was taken away', () => {
  let pki: Pki;
  let node: SyncNode;
  let old: string;
  nodePerTest((...each) => {
    [node, pki, old] = each;
  });

  test('a copy first seen with an older certificate is reported and left, until it is adopted', async () => {
    node.remember([]);
    const outcome = await node.syncAlice(old);
    assert.equal(outcome.result, 'refused');
    assert.match(
      outcome.detail,
      /never saw it hold a current one; .*certagent sync --adopt \/home\/alice\/\.kube\/config/,
    );
    assert.equal(node.read(COPY), old);
    const adopted = await node.sync({ adopt: COPY });
    assert.deepEqual(
      adopted.map(({ result }) => result),
      ['updated'],
    );
    const elsewhere = await node.sync({ adopt: '/srv/none' });
    assert.match(elsewhere.find(({ path }) => path === '/srv/none')!.detail, /copies\.paths/);
  });

  test('a copy that expired long ago stays, though it was current once', async () => {
    await node.syncAlice(kubeconfig(pki.ca, pki.renewed));
    const next = await client(pki.ca, NOW + 800 * DAY);
    node.write('/etc/kubernetes/admin.conf', kubeconfig(pki.ca, next));
    const [late] = await node.sync({ now: NOW + 373 * DAY });
    assert.equal(late?.result, 'refused');
    assert.match(late!.detail, /expired more than 7 d ago/);
  });

  test('a removed copy that comes back from its backup stays as it is', async () => {
    await node.syncAlice(old);
    assert.equal(node.read(BACKUP), old);
    rmSync(node.at(COPY));
    assert.deepEqual(await node.sync(), []);
    const outcome = await node.syncAlice(node.read(BACKUP));
    assert.equal(outcome.result, 'refused');
    assert.match(outcome.detail, /was removed before/);
  });

  test('a backup is removed after 7 days, with its copy and without', async () => {
    for (const remove of [false, true]) {
      await node.syncAlice(old);
      const days = (count: number) => Date.now() / 1000 - count * 86_400;
      utimesSync(node.at(BACKUP), days(6), days(6));
      await node.sync();
      assert.ok(existsSync(node.at(BACKUP)));
      if (remove) rmSync(node.at(COPY));
      utimesSync(node.at(BACKUP), days(8), days(8));
      await node.sync({ dryRun: true });
      assert.ok(existsSync(node.at(BACKUP)));
      await node.sync();
      assert.ok(!existsSync(node.at(BACKUP)));
    }
  });

  test('copies.deny and copies.only name users', async () => {
    node.write(COPY, old);
    for (const [more, why] of [
      [{ deny: ['alice'] }, /copies\.deny/],
      [{ only: ['bob'] }, /copies\.only/],
      [{ deny: ['alice'], users: ['alice'] }, /copies\.deny/],
    ] as const) {
      const [outcome] = await node.sync({ config: { ...COPIES, ...(more as object) } });
      assert.equal(outcome?.result, 'left');
      assert.match(outcome!.detail, why);
    }
    assert.equal(node.read(COPY), old);
  });

  test('a memory that cannot be read leaves the copies as they are, and says so', async () => {
    const memory = (change: object) => JSON.stringify({ version: 1, sources: [], copies: [], gone: [], ...change });
    for (const text of [
      '{',
      'null',
      '[]',
      '{"version":2}',
      memory({ gone: null }),
      memory({ sources: [null] }),
      memory({ copies: [{ path: COPY, uid: 'alice', fingerprint: 'a', notAfter: 1 }] }),
      memory({ gone: [{ path: 'relative', uid: 1, until: 1 }] }),
      memory({ sources: [{ fingerprint: 'a', notAfter: 1e300 }] }),
    ]) {
      writeFileSync(node.at(MEMORY), text);
      node.write(COPY, old);
      const [outcome] = await node.sync();
      assert.deepEqual([outcome?.result, node.read(COPY), node.read(MEMORY)], ['failed', old, text]);
      assert.match(outcome!.detail, /copies\.json.*(damaged|newer certagent)/);
      assert.doesNotMatch(outcome!.detail, /TypeError|destructure|undefined/);
    }
  });

  /** The memory is of path, owner and certificate: it ends when the file is gone, or long after that certificate's expiry. */
  test('a copy that is overwritten with another certificate: that one is left, and the first keeps what it had', async () => {
    const first = kubeconfig(pki.ca, pki.renewed);
    assert.equal((await node.syncAlice(first)).result, 'current');
    const before = node.read(MEMORY);
    const older = kubeconfig(pki.ca, await client(pki.ca, NOW + 30 * DAY));
    const outcome = await node.syncAlice(older);
    assert.equal(outcome.result, 'refused');
    assert.match(outcome.detail, /never saw it hold a current one/);
    assert.equal(node.read(COPY), older, 'it is left');
    assert.equal(node.read(MEMORY), before, 'and not remembered');
    // Two renewals later neither certificate is the node's previous one: only what certagent saw counts.
    for (const days of [500, 600]) {
      node.write('/etc/kubernetes/admin.conf', kubeconfig(pki.ca, await client(pki.ca, NOW + days * DAY)));
      assert.equal((await node.sync())[0]?.result, 'refused');
    }
    assert.equal(node.read(COPY), older);
    assert.equal((await node.syncAlice(first)).result, 'updated');
  });

  test('a copy of another owner in its place is not renewed by the memory of the first', async () => {
    const first = kubeconfig(pki.ca, pki.renewed);
    await node.syncAlice(first);
    const memory = JSON.parse(node.read(MEMORY)) as { copies: { uid: number }[] };
    for (const copy of memory.copies) copy.uid += 1;
    node.write(MEMORY, JSON.stringify(memory), { uid: 0, gid: 0 });
    for (const days of [500, 600]) {
      node.write('/etc/kubernetes/admin.conf', kubeconfig(pki.ca, await client(pki.ca, NOW + days * DAY)));
      await node.sync({ dryRun: true, remember: true });
    }
    assert.equal((await node.syncAlice(first)).result, 'refused');
  });
});
