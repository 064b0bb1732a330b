import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { CopyCache } from '../../src/sync/cache.ts';
import { ALICE, COPIES, COPY, isRoot, kubeconfig, type Pki, type SyncNode } from './fixture.ts';
import { nodePerTest } from './node-per-test.ts';

describe('which copies are updated, and which are left alone', () => {
  let pki: Pki;
  let node: SyncNode;
  nodePerTest((...each) => {
    [node, pki] = each;
  });

  test('configured users get a copy of their own, only where there is none', async () => {
    const config = { ...COPIES, paths: [], users: ['alice', 'nobody-here'] };
    const outcomes = await node.sync({ config });
    assert.deepEqual(outcomes.map(({ user, result }) => [user, result]).sort(), [
      ['alice', 'created'],
      ['nobody-here', 'failed'],
    ]);
    assert.equal(node.read(COPY), node.read('/etc/kubernetes/admin.conf'));
    const facts = ['/home/alice/.kube', COPY].map((path) => statSync(node.at(path)));
    assert.deepEqual(
      facts.map(({ mode, uid, gid, nlink }, index) => [mode & 0o777, uid, gid, index === 0 || nlink]),
      [
        [0o700, ALICE.uid, ALICE.gid, true],
        [0o600, ALICE.uid, ALICE.gid, 1],
      ],
    );
    node.write(COPY, 'mine');
    assert.equal((await node.sync({ config })).find(({ user }) => user === 'alice')?.result, 'left');
    assert.equal(node.read(COPY), 'mine');
  });

  test('configured paths are updated as their owner, and reported when they are missing', async () => {
    node.write('/home/alice/ci/kubeconfig.yaml', kubeconfig(pki.ca, pki.old));
    const paths = ['/home/alice/ci/kubeconfig.yaml', '/srv/none', COPY, '/etc/kubernetes/admin.conf'];
    node.write(COPY, kubeconfig(pki.ca, pki.old));
    const outcomes = await node.sync({ config: { ...COPIES, paths } });
    assert.deepEqual(
      outcomes.map(({ path, user, result }) => [path, user, result]),
      [
        [COPY, 'alice', 'updated'],
        ['/home/alice/ci/kubeconfig.yaml', 'alice', 'updated'],
        ['/srv/none', '', 'left'],
      ],
    );
    assert.equal(statSync(node.at('/home/alice/ci/kubeconfig.yaml')).uid, ALICE.uid);
  });

  test('a home in a directory where everybody can make others brings no others', { skip: !isRoot }, async () => {
    node.write('/etc/passwd', `${node.read('/etc/passwd')}app:x:1500:1500::/var/tmp/app:/bin/sh\n`);
    const other = '/var/tmp/other/.kube/config';
    node.write(other, kubeconfig(pki.ca, pki.old));
    for (const path of [other, '/var/tmp/other/.kube', '/var/tmp/other'])
      chownSync(node.at(path), ALICE.uid, ALICE.gid);
    const found = async () => (await node.sync()).map(({ path }) => path).includes(other);
    assert.equal(await found(), true, 'beside homes');
    chmodSync(node.at('/var/tmp'), 0o1777);
    assert.equal(await found(), false);
    chmodSync(node.at('/var/tmp'), 0o755);
    chownSync(node.at('/var/tmp'), ALICE.uid, ALICE.gid);
    assert.equal(await found(), false, 'of a person');
  });

  test('root’s own copy, and one home of several users once', async () => {
    node.write('/etc/passwd', `${node.read('/etc/passwd')}toor:x:0:0::/root:/bin/sh\ngone:x:7:7::/home/gone:/bin/sh\n`);
    node.write('/root/.kube/config', kubeconfig(pki.ca, pki.old));
    const outcomes = await node.sync();
    assert.deepEqual(
      outcomes.map(({ path, result }) => [path, result]),
      [['/root/.kube/config', 'updated']],
    );
  });

  test('with a cache an unchanged copy is not opened again, a changed one is', async () => {
    const cache: CopyCache = new Map();
    await node.syncAlice(kubeconfig(pki.ca, pki.renewed));
    assert.equal((await node.sync({ cache }))[0]?.result, 'current');
    assert.equal(cache.size, 1);
    const remembered = cache.get(COPY)!;
    remembered.outcome = { ...remembered.outcome, detail: 'remembered' };
    assert.equal((await node.sync({ cache }))[0]?.detail, 'remembered');
    node.write(COPY, kubeconfig(pki.ca, pki.old));
    assert.equal((await node.sync({ cache }))[0]?.result, 'updated');
  });

  test('kubectl’s lock is respected', async () => {
    const old = kubeconfig(pki.ca, pki.old);
    node.write(`${COPY}.lock`, '');
    const outcome = await node.syncAlice(old);
    assert.equal(outcome.result, 'failed');
    assert.match(outcome.detail, /locked by kubectl/);
    assert.equal(node.read(COPY), old);
    assert.ok(!readdirSync(node.at('/home/alice/.kube')).some((name) => name.endsWith('.tmp')));
  });

  test('a directory that cannot be written is a failure and leaves nothing behind', { skip: !isRoot }, async () => {
    const old = kubeconfig(pki.ca, pki.old);
    node.write(COPY, old);
    chmodSync(node.at('/home/alice/.kube'), 0o500);
    assert.equal((await node.sync())[0]?.result, 'failed');
    assert.deepEqual(readdirSync(node.at('/home/alice/.kube')), ['config']);
  });

  test('names in a hostile file reach neither a terminal nor a log', async () => {
    const evil = kubeconfig(pki.ca, pki.old).replaceAll('kubernetes-admin', '"\\e[31mred\\u009b\\nx"');
    const { detail } = await node.syncAlice(
      evil.replace('client-key-data', 'token: hidden-token\n    client-key-data'),
    );
    assert.doesNotMatch(detail, /\p{C}/u);
    assert.doesNotMatch(detail, /hidden-token|LS0t/);
  });

  test('nothing outside of the copy is needed: an unknown shape of the home is passed over', async () => {
    mkdirSync(node.at('/home/alice/elsewhere'));
    writeFileSync(node.at('/home/alice/.kube'), 'a file');
    assert.deepEqual(
      (await node.sync()).map(({ result }) => result),
      ['refused'],
    );
    renameSync(node.at('/home/alice/.kube'), node.at('/home/alice/x'));
    assert.deepEqual(await node.sync(), []);
  });
});
