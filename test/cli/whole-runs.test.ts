// The command line without a daemon, on running nodes of k0s and of one set up by hand.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Root } from '../../src/host/root.ts';
import { nodeFor } from '../testnode/support.ts';
import { certagent } from './support.ts';

test('k0s: status, plan and renew; then a missing CA key, which a restart would replace, forbids another', async (t) => {
  const node = await nodeFor(t, { kind: 'k0s-controller' });
  await node.start({ longRunning: true });
  const root = new Root(node.root);
  const status = await certagent(root, ['status']);
  assert.match(status.stdout, /^demo-node: k0s controller, v1\.36\.3\+k0s\.0\n/);
  const plan = await certagent(root, ['plan']);
  assert.match(plan.stdout, /1\. back up \/var\/lib\/k0s\/pki to .*\n {2}2\. systemctl restart k0scontroller\n/);
  const renew = await certagent(root, ['renew', '--yes']);
  assert.equal(renew.exitCode, 0, renew.stderr);
  assert.match(renew.stdout, /\nRenewed 15 certificates; the servers serve the new certificates\.\n/);

  rmSync(join(node.root, 'var/lib/k0s/pki/ca.key'));
  const blocked = await certagent(root, ['renew', '--force', '--yes']);
  assert.equal(blocked.exitCode, 4);
  assert.match(blocked.stdout, /K3S_CA_KEY_MISSING: \/var\/lib\/k0s\/pki\/ca\.key: .*a restart would make a new CA/s);
});

test('set up by hand: the alert names the unit, and nothing is renewed', async (t) => {
  const node = await nodeFor(t, { kind: 'hard-way' });
  await node.start();
  const root = new Root(node.root);
  const status = await certagent(root, ['status']);
  assert.match(status.stdout, /^demo-node: hard-way control-plane node\n/);
  assert.match(
    status.stdout,
    /Replace \/var\/lib\/kubernetes\/kubernetes\.pem and its key .*: systemctl restart kube-apiserver/,
  );
  for (const args of [['plan'], ['renew', '--yes'], ['renew', '--force', '--yes']]) {
    const ran = await certagent(root, args);
    assert.deepEqual([ran.exitCode, /\nNothing would run now\.\n/.test(ran.stdout)], [0, true], args.join(' '));
  }
});
