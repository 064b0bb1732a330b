import assert from 'node:assert/strict';
import { copyFile } from 'node:fs/promises';
import { test } from 'node:test';
import { DAY } from '../../src/domain/time/duration.ts';
import { makeNode } from '../../testnode/node.ts';
import { temporaryRoot } from '../control/support.ts';
import { certagent } from './support.ts';

test('without a daemon the node itself is read, which is said, and nothing is changed', async (t) => {
  const root = await temporaryRoot(t);
  // Files only: nothing runs on this node.
  await makeNode({ root: root.prefix, kind: 'kubeadm', leafEnds: Date.now() + 200 * DAY });
  const status = await certagent(root, ['status']);
  assert.match(
    status.stdout,
    /: kubeadm control-plane node.*\nNo daemon is running, nothing is renewed\. Read from the node itself at .*\n/,
  );
  assert.match(
    status.stdout,
    /\napiserver +kubeadm +\d{4}-\d\d-\d\d +199 d +valid +renewal window opens \d{4}-\d\d-\d\d\n/,
  );
  assert.equal(status.exitCode, 0);

  const checked = await certagent(root, ['check']);
  assert.equal(checked.exitCode, 1);
  assert.match(checked.stdout, /^CERTAGENT WARNING - no daemon is running: nothing is renewed; /);
  assert.match((await certagent(root, ['plan'])).stdout, /\nNo daemon is running: nothing is renewed until it starts/);

  const json = JSON.parse((await certagent(root, ['status', '-o', 'json'])).stdout);
  assert.equal(json.source, 'node');

  const renew = await certagent(root, ['renew', '--yes']);
  assert.match(renew.stdout, /Renewal: nothing is due; next on .*\nNothing would run now\.\n/);
  assert.equal(renew.exitCode, 0);

  const forced = await certagent(root, ['renew', '--force', '--yes']);
  assert.match(forced.stdout, /BLOCKED for 11 certificates/);
  assert.equal(forced.exitCode, 4);

  // The report is about the node as it is now, not about a daemon's last check.
  await copyFile(root.at('/etc/kubernetes/pki/etcd/server.key'), root.at('/etc/kubernetes/pki/apiserver.key'));
  const damaged = await certagent(root, ['check']);
  assert.equal(damaged.exitCode, 2);
  assert.match(damaged.stdout, /^CERTAGENT CRITICAL - .*apiserver/);
});
