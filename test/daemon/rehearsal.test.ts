// A renewal that is tried on copies first, on throw-away nodes with a stand-in for systemd-run.
import assert from 'node:assert/strict';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { JournalRecord } from '../../src/domain/model/journal.ts';
import type { Root } from '../../src/host/root.ts';
import { readJournal } from '../../src/renew/journal/journal-file.ts';
import { fingerprints, type SceneOptions, scene, toldAtLast } from './support.ts';

const SERVER: SceneOptions = { kind: 'k3s-server', days: 20, sandbox: true };
const CONTROL_PLANE: SceneOptions = { kind: 'kubeadm', days: 20, sandbox: true };
const OLD = 'v1.32.3+k3s1';
const TLS = 'var/lib/rancher/k3s/server/tls';

describe('a rehearsal before a renewal', { concurrency: 2 }, () => {
  for (const options of [SERVER, CONTROL_PLANE]) {
    test(`${options.kind}: it shows nothing against it, and the renewal follows`, async (t) => {
      const { agent, root } = await scene(t, options);
      const status = await agent.check();
      assert.deepEqual(
        [status.lastAttempt?.result, status.lastAttempt?.error],
        ['succeeded', null],
        JSON.stringify(await details(root)),
      );
      assert.match((await details(root))[0]!, /of \d+ certificates renewed as expected/);
      assert.deepEqual(await copiesLeft(root), []);
    });
  }

  test('K3s v1.32.3 with everything expired: the cure is found on the copy, and the restart comes up at once', async (t) => {
    const { agent, root } = await scene(t, { ...SERVER, days: -2, version: OLD });
    const status = await agent.check();
    assert.deepEqual([status.lastAttempt?.result, status.lastAttempt?.error], ['succeeded', null]);
    const said = await details(root);
    assert.match(
      said[0]!,
      /^without \S+dynamic-cert-regenerate the start would wait for its own expired listener; with it: ready/,
    );
    assert.ok(said.includes('created'), said.join('\n'));
    assert.ok(said.some((detail) => /^restarted in [\d.]+ s$/.test(detail)));
  });

  test('K3s with embedded etcd: the copy becomes a cluster of its own first', async (t) => {
    const { node, agent, root } = await scene(t, SERVER);
    const db = join(node.root, 'var/lib/rancher/k3s/server/db');
    await rm(join(db, 'state.db'));
    await mkdir(join(db, 'etcd/member/snap'), { recursive: true });
    await writeFile(join(db, 'etcd/member/snap/db'), 'bbolt');
    const status = await agent.check();
    assert.deepEqual([status.lastAttempt?.result, status.lastAttempt?.error], ['succeeded', null]);
    assert.match((await details(root))[0]!, /^ready after [\d.]+ s, (\d+) of \1 certificates renewed as expected/);
    assert.deepEqual(await readdir(db), ['etcd']);
    assert.deepEqual(await copiesLeft(root), []);
  });

  test("today's K3s with everything expired: it needs no cure, and none is used", async (t) => {
    const { agent, root } = await scene(t, { ...SERVER, days: -2 });
    const status = await agent.check();
    assert.equal(status.lastAttempt?.result, 'succeeded');
    assert.ok((await details(root)).includes('not needed: the rehearsal came up without it'));
  });

  test('a start that would not come up: nothing is touched, and an alert says why', async (t) => {
    const { node, agent, root, inbox } = await scene(t, SERVER);
    await node.faults({ k3s: 'dies-after-start' });
    const before = await fingerprints(node);
    const status = await agent.check();
    assert.deepEqual(await fingerprints(node), before);
    assert.equal(status.lastAttempt?.error?.code, 'REHEARSAL_FAILED');
    assert.match(status.lastAttempt.error.message, /BROKEN_CERTIFICATE/);
    assert.ok((await toldAtLast(inbox, 'raised RENEWAL_FAILED')).includes('raised RENEWAL_FAILED'));
    assert.deepEqual(await copiesLeft(root), []);
  });

  test('a missing CA key: the start restores the same, so the renewal goes on', async (t) => {
    const { node, agent, root } = await scene(t, SERVER);
    await rm(join(node.root, TLS, 'client-ca.key'));
    const status = await agent.check();
    assert.deepEqual([status.lastAttempt?.result, status.lastAttempt?.error], ['succeeded', null]);
    assert.match((await details(root))[0]!, /client-ca\.crt is missing, and the start restores the same CA/);
  });

  test('a missing CA key that the datastore has not either: nothing is touched', async (t) => {
    const { node, agent } = await scene(t, SERVER);
    await rm(join(node.root, TLS, 'client-ca.key'));
    await rm(join(node.root, 'run/demo/datastore'), { recursive: true });
    const before = await fingerprints(node);
    const status = await agent.check();
    assert.equal(status.lastAttempt?.error?.code, 'REHEARSAL_FAILED');
    assert.match(status.lastAttempt.error.message, /another CA/);
    assert.deepEqual(await fingerprints(node), before);
    const again = await agent.check();
    assert.equal(again.renewal.kind === 'waiting' && again.renewal.code, 'BACK_OFF');
  });

  test('kubeadm that would fail half-way: no file is touched', async (t) => {
    const { node, agent } = await scene(t, { ...CONTROL_PLANE, faults: { kubeadmFailsAt: 'apiserver-etcd-client' } });
    const before = await fingerprints(node);
    const status = await agent.check();
    assert.deepEqual(await fingerprints(node), before);
    assert.equal(status.lastAttempt?.result, 'failed');
    assert.equal(status.lastAttempt.error?.code, 'REHEARSAL_FAILED');
    assert.match(status.lastAttempt.error.message, /kubeadm would not renew apiserver-etcd-client.*no space left/);
  });

  test('kubeadm that says that it has renewed, and has not', async (t) => {
    const { agent } = await scene(t, { ...CONTROL_PLANE, faults: { kubeadm: 'exit0-not-renewed' } });
    const { lastAttempt } = await agent.check();
    assert.equal(lastAttempt?.error?.code, 'REHEARSAL_FAILED');
  });

  test('asked for: what would change, also on a node that only observes, and nothing does', async (t) => {
    for (const options of [SERVER, CONTROL_PLANE]) {
      const { node, agent, root } = await scene(t, { ...options, config: 'mode = "observe"' });
      const before = await fingerprints(node);
      const progress: string[] = [];
      const report = await agent.rehearse({ force: false }, ({ state }) => progress.push(state));
      assert.ok(report.step !== null, JSON.stringify(report));
      assert.equal(report.judgement.verdict, 'passed', JSON.stringify(report.judgement));
      assert.deepEqual([progress[0], progress.at(-1)], ['started', 'done']);
      const [result] = report.results;
      assert.ok(result !== undefined && result.kind !== 'impossible');
      assert.ok(result.certificates.length > 5 && result.certificates.every(({ problem }) => problem === null));
      assert.deepEqual(await fingerprints(node), before);
      assert.deepEqual(await copiesLeft(root), []);
    }
  });
});

/** What the steps of the last plan said that they did, in their order. */
async function details(root: Root): Promise<string[]> {
  const records: JournalRecord[] = await (await readJournal(root)).records();
  return records.flatMap((record) => (record.type === 'step-done' ? [record.detail] : []));
}

async function copiesLeft(root: Root): Promise<string[]> {
  return readdir(root.at('/var/lib/certagent/rehearsals')).catch(() => []);
}
