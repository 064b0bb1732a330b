import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, lstatSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { describe, test } from 'node:test';
import { COPIES_HELPER, ourselves } from '../../src/host/self.ts';
import type { Answer, Location } from '../../src/sync/messages.ts';
import { startHelper } from '../../src/sync/spawn.ts';
import { ALICE, COPIES, COPY, isRoot, makeNode, type Pki, type SyncNode } from './fixture.ts';
import { nodePerTest } from './node-per-test.ts';

describe('a home whose owner is hostile', () => {
  let pki: Pki;
  let node: SyncNode;
  let old: string;
  nodePerTest((...each) => {
    [node, pki, old] = each;
  });

  test('a symbolic link at ~/.kube is refused, even to a place of their own', async () => {
    node.write('/home/alice/real/config', old);
    symlinkSync('real', node.at('/home/alice/.kube'));
    const [outcome] = await node.sync();
    assert.deepEqual([outcome?.path, outcome?.result], [COPY, 'refused']);
    assert.equal(node.read('/home/alice/real/config'), old);
  });

  test("a link to the node's own kubeconfig is always current", async () => {
    const own = node.read('/etc/kubernetes/admin.conf');
    node.write('/root/.kube/other', '');
    symlinkSync('/etc/kubernetes/admin.conf', node.at('/root/.kube/config'));
    assert.deepEqual(
      (await node.sync()).map(({ path, result }) => [path, result]),
      [['/root/.kube/config', 'current']],
    );
    assert.equal(node.read('/etc/kubernetes/admin.conf'), own);
  });

  test('a link out of the root prefix is not followed', async () => {
    const outside = makeNode(pki);
    try {
      outside.write(COPY, old);
      rmSync(node.at('/home/alice'), { recursive: true });
      symlinkSync(outside.at('/home/alice'), node.at('/home/alice'));
      // The link leads to a place in the image, where nothing is.
      assert.deepEqual(await node.sync(), []);
      assert.equal(outside.read(COPY), old);
    } finally {
      outside.remove();
    }
  });

  test("root's file in a directory that another user rearranges is refused", { skip: !isRoot }, async () => {
    node.write('/home/alice/copies/mine', '');
    node.write('/home/alice/copies/kubeconfig', old, { uid: 0, gid: 0 });
    const config = { ...COPIES, paths: ['/home/alice/copies/kubeconfig'], users: [] };
    const [outcome] = await node.sync({ config });
    assert.equal(outcome?.result, 'refused');
    assert.equal(node.read('/home/alice/copies/kubeconfig'), old);
  });

  test('a link planted at the backup’s name is replaced, not followed', async () => {
    const victim = node.write('/home/alice/victim', 'precious');
    node.write(COPY, old);
    symlinkSync(victim, node.at(`${COPY}.certagent-backup`));
    assert.equal((await node.sync())[0]?.result, 'updated');
    assert.equal(readFileSync(victim, 'utf8'), 'precious');
    assert.ok(lstatSync(node.at(`${COPY}.certagent-backup`)).isFile());
    assert.equal(node.read(`${COPY}.certagent-backup`), old);
  });

  test('a directory at the backup’s name: no backup, so no change', async () => {
    node.write(`${COPY}.certagent-backup/x`, '');
    const outcome = await node.syncAlice(old);
    assert.equal(outcome.result, 'failed');
    assert.equal(node.read(COPY), old);
    assert.deepEqual(readdirSync(node.at('/home/alice/.kube')).sort(), ['config', 'config.certagent-backup']);
  });

  test('a group that the user is not in does not carry over its access to another group', {
    skip: !isRoot,
  }, async () => {
    node.write(COPY, old, { gid: 0, mode: 0o640 });
    const [outcome] = await node.sync();
    assert.match(outcome!.detail, /group could not be kept/);
    const { mode, gid } = lstatSync(node.at(COPY));
    assert.deepEqual([mode & 0o777, gid], [0o600, ALICE.gid]);
  });

  test('a group that the user is in is kept', { skip: !isRoot }, async () => {
    node.write('/etc/group', 'root:x:0:\nops:x:54400:bob,alice\n');
    node.write(COPY, old, { gid: 54_400, mode: 0o640 });
    assert.equal((await node.sync())[0]?.result, 'updated');
    const { mode, gid } = lstatSync(node.at(COPY));
    assert.deepEqual([mode & 0o777, gid], [0o640, 54_400]);
  });

  describe('the helper between reading and writing', () => {
    const at: Location = { follow: null, steps: ['home', 'alice', '.kube'], name: 'config' };
    const identity = isRoot ? { ...ALICE, groups: [] } : null;
    const data = Buffer.from('new').toString('base64');
    const values = [{ list: 'users', index: 0, key: 'client-key-data', data } as const];

    async function meanwhile(act: () => void): Promise<Answer> {
      node.write(COPY, old);
      const helper = startHelper({ prefix: node.dir, identity, clientCas: [] });
      try {
        const read = await helper.ask({ do: 'read', at, tidy: false });
        assert.ok(read.is === 'read');
        act();
        return await helper.ask({ do: 'replace', at, version: read.version, values });
      } finally {
        helper.end();
      }
    }

    test('writes when nothing happened', async () => {
      assert.deepEqual(await meanwhile(() => {}), { is: 'done', note: '' });
      assert.match(node.read(COPY), new RegExp(`client-key-data: ${data}`));
    });

    test('a changed file wins', async () => {
      const answer = await meanwhile(() => node.write(COPY, `${old}# changed\n`));
      assert.ok(answer.is === 'failed' && /changed while being read/.test(answer.why));
      assert.equal(node.read(COPY), `${old}# changed\n`);
      assert.deepEqual(readdirSync(node.at('/home/alice/.kube')), ['config']);
    });

    test('the same content in another file wins too', async () => {
      const answer = await meanwhile(() => {
        node.write(`${COPY}.new`, old);
        renameSync(node.at(`${COPY}.new`), node.at(COPY));
      });
      assert.equal(answer.is, 'failed');
    });

    test('a directory exchanged for a link leads nowhere', async () => {
      const victim = node.write('/home/alice/elsewhere/config', old);
      const answer = await meanwhile(() => {
        renameSync(node.at('/home/alice/.kube'), node.at('/home/alice/moved'));
        symlinkSync('elsewhere', node.at('/home/alice/.kube'));
      });
      assert.equal(answer.is, 'refused');
      assert.equal(readFileSync(victim, 'utf8'), old);
    });

    test('has the rights of the user and no others', { skip: !isRoot }, async () => {
      node.write('/root/.kube/config', old, { mode: 0o600 });
      chmodSync(node.at('/root'), 0o700);
      const helper = startHelper({ prefix: node.dir, identity, clientCas: [] });
      try {
        const answer = await helper.ask({ do: 'read', at: { ...at, steps: ['root', '.kube'] }, tidy: false });
        assert.ok(answer.is === 'failed' && /EACCES/.test(answer.why));
      } finally {
        helper.end();
      }
    });

    test('a path that climbs is refused', async () => {
      const helper = startHelper({ prefix: node.dir, identity, clientCas: [] });
      try {
        for (const steps of [['home', '..', 'root'], ['home/alice'], [''], ['.']])
          assert.equal(
            (await helper.ask({ do: 'read', at: { ...at, steps }, tidy: false })).is,
            'refused',
            steps.join(),
          );
      } finally {
        helper.end();
      }
    });

    test('a home named through a link is entered with the rights of the user', async () => {
      node.write(COPY, old);
      symlinkSync('alice', node.at('/home/link'));
      const helper = startHelper({ prefix: '', identity, clientCas: [] });
      try {
        const follow = node.at('/home/link');
        assert.equal(
          (await helper.ask({ do: 'read', at: { follow, steps: ['.kube'], name: 'config' }, tidy: false })).is,
          'read',
        );
        const other = { follow, steps: ['.kube'], name: 'other' };
        assert.equal((await helper.ask({ do: 'create', at: other, content: 'x' })).is, 'done');
        assert.equal((await helper.ask({ do: 'create', at: other, content: 'y' })).is, 'failed');
        assert.equal(node.read('/home/alice/.kube/other'), 'x');
        const nowhere = { follow: node.at('/home/none'), steps: ['.kube'], name: 'config' };
        assert.equal((await helper.ask({ do: 'create', at: nowhere, content: 'x' })).is, 'absent');
      } finally {
        helper.end();
      }
    });

    test('a helper stopped by its user after the last answer is killed, and delays nobody', async () => {
      node.write(COPY, old);
      const { program, first } = ourselves();
      const child = spawn(program, [...first, COPIES_HELPER], { cwd: '/', env: {}, stdio: ['pipe', 'pipe', 'ignore'] });
      const helper = startHelper({ prefix: node.dir, identity, clientCas: [] }, child);
      assert.equal((await helper.ask({ do: 'read', at, tidy: false })).is, 'read');
      child.kill('SIGSTOP');
      const exit = once(child, 'exit');
      helper.end();
      assert.deepEqual(await exit, [null, 'SIGKILL']);
    });

    test('a helper that cannot become the user does nothing', async () => {
      node.write(COPY, old);
      const identity = { uid: isRoot ? -1 : 0, gid: 0, groups: [] };
      const helper = startHelper({ prefix: node.dir, identity, clientCas: [] });
      try {
        const answer = await helper.ask({ do: 'read', at, tidy: false });
        assert.ok(answer.is === 'failed' && /could not act as its owner/.test(answer.why));
      } finally {
        helper.end();
      }
    });
  });
});
