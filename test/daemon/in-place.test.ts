// A K3s server that gets its certificates while it runs (renew.k3s = "in-place"), on throw-away nodes.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { JournalRecord } from '../../src/domain/model/journal.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import { STATE_DIR } from '../../src/host/root.ts';
import { readJournal } from '../../src/renew/journal/journal-file.ts';
import type { TestNode } from '../../testnode/node.ts';
import { fingerprints, type Scene, type SceneOptions, scene } from './support.ts';

const SERVER: SceneOptions = {
  kind: 'k3s-server',
  days: 20,
  listenerEnds: Date.now() + 300 * DAY,
  sandbox: true,
  egress: 'disabled',
  renew: 'k3s = "in-place"\nclients_limit = "12s"',
};
const SHORT = 'k3s = "in-place"\nclients_limit = "6s"';

describe('a K3s server that is renewed while it runs', { concurrency: 2 }, () => {
  test('everything but the listener is new, nothing was restarted, and nothing is left', async (t) => {
    const { node, agent, root } = await scene(t, SERVER);
    const [before, pid] = [await fingerprints(node), await pidOf(node)];
    const status = await agent.check();
    assert.deepEqual([status.lastAttempt?.result, status.lastAttempt?.error], ['succeeded', null], await said(root));
    assert.deepEqual(await pidOf(node), pid);
    const after = await fingerprints(node);
    const changed = Object.keys(after).filter((path) => after[path] !== before[path]);
    assert.ok(
      changed.every((path) => !/-ca\.(crt|key)$|dynamic-cert/.test(path)),
      changed.join(' '),
    );
    for (const name of ['tls/client-admin.crt', 'tls/client-admin.key', 'tls/serving-kube-apiserver.crt'])
      assert.ok(changed.includes(`/var/lib/rancher/k3s/server/${name}`), name);
    assert.ok(changed.includes('/etc/rancher/k3s/k3s.yaml'));
    // The agent's certificates are signed again for the keys that they had.
    assert.ok(changed.includes('/var/lib/rancher/k3s/agent/client-kubelet.crt'));
    assert.ok(!changed.includes('/var/lib/rancher/k3s/agent/client-kubelet.key'));
    assert.equal(status.renewal.kind, 'none');
    assert.match(await said(root), /no request with a previous certificate for .*, \d+ with others, and the kubelet/);
    await nothingLeft(node);
  });

  test('an API server that would reach no kubelet later: the plan restarts, and says why', async (t) => {
    const { agent } = await scene(t, { ...SERVER, egress: 'agent' });
    const { plan } = await agent.plan({ force: false });
    assert.match(
      plan?.notInPlace ?? '',
      /^the running K3s does not load client-kube-apiserver again: .*egress-selector/,
    );
    assert.ok(plan?.steps.some(({ kind }) => kind === 'restart-unit'));
  });

  for (const [what, faults, code] of [
    ['a part of K3s that loads no new certificate', { clientsStayOld: ['client-scheduler'] }, 'CLIENTS_STAY_OLD'],
    ['a kubelet that serves the previous one', { servesStale: ['kubelet'] }, 'SERVED_STALE'],
    ['a supervisor that signs nothing', { supervisorRefuses: true }, 'SUPERVISOR_REFUSED'],
  ] as const)
    test(`${what}: everything is put back, and the next renewal restarts`, async (t) => {
      const { node, agent, root } = await scene(t, { ...SERVER, renew: SHORT, faults: faults as never });
      const [before, pid] = [await fingerprints(node), await pidOf(node)];
      const { lastAttempt } = await agent.check();
      assert.deepEqual([lastAttempt?.result, lastAttempt?.error?.code], ['rolled-back', code], await said(root));
      assert.deepEqual(await fingerprints(node), before);
      assert.deepEqual(await pidOf(node), pid);
      await nothingLeft(node);
      const plan = (await agent.plan({ force: false })).plan;
      assert.match(plan?.notInPlace ?? '', new RegExp(`^that failed without a restart on .* \\(${code}\\)$`));
      assert.ok(plan?.steps.some(({ kind }) => kind === 'restart-unit'));
    });
});

async function pidOf(node: TestNode): Promise<string[]> {
  const directory = join(node.root, 'run/demo/pids');
  const texts = await Promise.all(
    (await readdir(directory)).map((name) => readFile(join(directory, name), 'utf8').catch(() => '')),
  );
  const pids = texts.filter((text) => text.includes('"name":"k3s"'));
  assert.equal(pids.length, 1, pids.join(' '));
  return pids;
}

async function said(root: Scene['root']): Promise<string> {
  const records: JournalRecord[] = await (await readJournal(root)).records();
  const of = (record: JournalRecord) =>
    record.type === 'step-done' ? [record.detail] : record.type === 'step-failed' ? [record.error.message] : [];
  return records.flatMap(of).join('\n');
}

async function nothingLeft(node: TestNode): Promise<void> {
  for (const name of ['rehearsals', 'installing'])
    assert.deepEqual(await readdir(join(node.root, STATE_DIR, name)).catch(() => []), [], name);
}
