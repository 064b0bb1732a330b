// Certificates of a K3s server that cannot be read, with renew.heal = true: removed, and issued again by the restart.
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Root } from '../../src/host/root.ts';
import { unitState } from '../../src/host/systemd.ts';
import { eventually, run } from '../testnode/support.ts';
import { maintenance, scene } from './support.ts';

const TLS = '/var/lib/rancher/k3s/server/tls';
const heals = { renew: 'heal = true' };

describe('certificates that cannot be read', { concurrency: 2 }, () => {
  test('beside others that are due: the renewal removes and verifies it, and its backup holds what was there', async (t) => {
    const { node, agent, root } = await scene(t, { kind: 'k3s-server', days: 20, ...heals });
    for (const name of ['crt', 'key']) await writeFile(root.at(`${TLS}/client-scheduler.${name}`), `garbage ${name}`);
    const status = await agent.check();
    assert.deepEqual(
      { result: status.lastAttempt?.result, error: status.lastAttempt?.error },
      { result: 'succeeded', error: null },
    );
    const backup = `var/lib/certagent/backups/${status.lastAttempt?.planId}/files`;
    assert.equal(await readFile(join(node.root, backup, `${TLS}/client-scheduler.crt`), 'utf8'), 'garbage crt');
    const row = status.certificates.find(({ id }) => id === 'client-scheduler');
    assert.equal(row?.certificate.commonName, 'system:kube-scheduler');
    assert.equal((await agent.check()).lastAttempt?.planId, status.lastAttempt?.planId, 'no second renewal follows');
  });

  test('that keeps the unit from staying up: removed at once, though nothing is due and no window is open', async (t) => {
    const { node, agent } = await scene(t, { kind: 'k3s-server', days: 300, config: maintenance('later'), ...heals });
    const root = new Root(node.root);
    await mkdir(root.at(`${TLS}/kube-scheduler`));
    for (const name of ['crt', 'key'])
      await writeFile(root.at(`${TLS}/kube-scheduler/kube-scheduler.${name}`), 'garbage');
    assert.equal((await run(node, 'usr/bin/systemctl', 'restart', 'k3s')).code, 0, 'the start itself succeeds');
    await eventually(async () => (await unitState(root, 'k3s')).activeState === 'failed');
    const status = await agent.check();
    assert.deepEqual(
      { result: status.lastAttempt?.result, error: status.lastAttempt?.error },
      { result: 'succeeded', error: null },
    );
    assert.equal((await unitState(root, 'k3s')).activeState, 'active');
    assert.match(await readFile(root.at(`${TLS}/kube-scheduler/kube-scheduler.crt`), 'utf8'), /BEGIN CERTIFICATE/);
  });
});
