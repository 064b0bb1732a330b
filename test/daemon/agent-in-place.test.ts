// A K3s agent that gets its certificates from its server while it runs (renew.k3s = "in-place"), on throw-away nodes.
import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { readJournal } from '../../src/renew/journal/journal-file.ts';
import type { TestNode } from '../../testnode/node.ts';
import { fingerprints, type Scene, type SceneOptions, scene } from './support.ts';

const AGENT: SceneOptions = { kind: 'k3s-agent', days: 20, renew: 'k3s = "in-place"\nclients_limit = "6s"' };
const LEAVES = ['client-k3s-controller', 'client-kube-proxy', 'client-kubelet', 'serving-kubelet'];

describe('a K3s agent that is renewed while it runs', { concurrency: 2 }, () => {
  test('its four certificates are new, for the same keys, and nothing was restarted', async (t) => {
    const { node, agent, root } = await scene(t, AGENT);
    const [before, pid] = [await fingerprints(node), await pidOf(node)];
    const status = await agent.check();
    assert.deepEqual([status.lastAttempt?.result, status.lastAttempt?.error], ['succeeded', null], await said(root));
    assert.deepEqual(await changed(node, before), LEAVES);
    assert.equal(await pidOf(node), pid);
    assert.equal(status.renewal.kind, 'none');
    assert.match(
      await said(root),
      /\n4 signed; .*kubelet serves the one that expires .*the kubelet renews the Lease of demo-node/s,
    );
  });

  test('no server answers: nothing is begun until one is back', async (t) => {
    const { node, agent } = await scene(t, AGENT);
    await node.faults({ serverAway: true });
    const [before, pid] = [await fingerprints(node), await pidOf(node)];
    const { renewal, lastAttempt } = await agent.check();
    assert.equal(renewal.kind === 'waiting' && renewal.code, 'SERVER_AWAY');
    assert.equal(lastAttempt, null);
    assert.deepEqual(await changed(node, before), []);
    await node.faults({ serverAway: false });
    assert.equal((await agent.check()).lastAttempt?.result, 'succeeded');
    assert.equal(await pidOf(node), pid);
  });

  test('a server that is not ready to sign is waited for; in vain: nothing was changed, and it is tried in place again', async (t) => {
    const { node, agent, root } = await scene(t, { ...AGENT, faults: { supervisorRefuses: true } });
    const [before, pid] = [await fingerprints(node), await pidOf(node)];
    const { lastAttempt, alerts } = await agent.check();
    assert.deepEqual(lastAttempt?.error?.code, 'SUPERVISOR_AWAY', await said(root));
    assert.match(JSON.stringify(alerts), /waited in vain for 127\.0\.0\.1:\d+ to sign client-\S+: HTTP 503/);
    assert.deepEqual(await changed(node, before), []);
    assert.equal(await pidOf(node), pid);
    const plan = (await agent.plan({ force: false })).plan;
    assert.deepEqual([plan?.notInPlace, plan?.steps.some(({ kind }) => kind === 'restart-unit')], [undefined, false]);
  });

  for (const [what, spoil, code] of [
    [
      'a kubelet that serves the previous one',
      (node: TestNode) => node.faults({ servesStale: ['kubelet'] }),
      'SERVED_STALE',
    ],
    ['a server that does not know the node by its password', forgetPassword, 'SUPERVISOR_REFUSED'],
  ] as const)
    test(`${what}: everything is as it was, and the next renewal restarts`, async (t) => {
      const { node, agent, root } = await scene(t, { ...AGENT, faults: {} });
      await spoil(node);
      const [before, pid] = [await fingerprints(node), await pidOf(node)];
      const { lastAttempt } = await agent.check();
      assert.deepEqual([lastAttempt?.result, lastAttempt?.error?.code], ['rolled-back', code], await said(root));
      assert.deepEqual(await changed(node, before), []);
      assert.equal(await pidOf(node), pid);
      const plan = (await agent.plan({ force: false })).plan;
      assert.match(plan?.notInPlace ?? '', new RegExp(`^that failed without a restart on .* \\(${code}\\)$`));
      assert.ok(plan?.steps.some(({ kind }) => kind === 'restart-unit'));
    });
});

/** The one that the server of a throw-away agent knows is in another file. */
async function forgetPassword(node: TestNode): Promise<void> {
  await writeFile(join(node.root, 'etc/rancher/node/password'), 'another\n');
}

async function changed(node: TestNode, before: Record<string, string>): Promise<string[]> {
  const after = await fingerprints(node);
  const paths = Object.keys({ ...before, ...after }).filter((path) => after[path] !== before[path]);
  return paths.map((path) => path.replace('/var/lib/rancher/k3s/agent/', '').replace(/\.crt$/, '')).sort();
}

async function pidOf(node: TestNode): Promise<string> {
  const directory = join(node.root, 'run/demo/pids');
  const texts = await Promise.all((await readdir(directory)).map((name) => readFile(join(directory, name), 'utf8')));
  const pids = texts.filter((text) => text.includes('"name":"k3s-agent"'));
  assert.equal(pids.length, 1, pids.join(' '));
  return pids[0]!;
}

async function said(root: Scene['root']): Promise<string> {
  const records = await (await readJournal(root)).records();
  return records
    .flatMap((record) =>
      record.type === 'step-done' ? [record.detail] : record.type === 'step-failed' ? [record.error.message] : [],
    )
    .join('\n');
}
