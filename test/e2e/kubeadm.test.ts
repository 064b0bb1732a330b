// A kubeadm control-plane node under systemd 257: the package's whole life, seen as its operator sees it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY } from '../../src/domain/time/duration.ts';
import { reasonToSkip } from './base.ts';
import * as daily from './story/daily.ts';
import * as first from './story/first-run.ts';
import * as interrupted from './story/interrupted.ts';
import { operates } from './story/operator.ts';
import * as own from './story/own-programs.ts';
import * as packageLife from './story/package-life.ts';
import { scene, served } from './support.ts';

const skip = await reasonToSkip();

test('a kubeadm node, systemd 257', { skip, timeout: 2_400_000 }, async (t) => {
  const here = await scene(t, 'trixie', 'kubeadm', { etcd: '/usr/bin/etcd' });
  const renewAnew = () => here.machine.run('certagent', 'renew', '--force', '--yes');

  await first.installs(t, here, 'notify-reload');
  await first.unitInOrder(t, here);
  await first.whoMayAsk(t, here);
  await first.asksFirst(t, here);
  await own.prepares(here, 'apiserver');
  const etcd = await etcdPid();
  await first.renews(t, here, here.node.ports.apiserver!);
  await t.test('a real etcd serves its renewed certificates, and was not restarted for that', async () => {
    assert.equal(await etcdPid(), etcd);
    for (const port of [here.node.ports.etcd!, here.node.ports.etcdPeer!])
      assert.ok((await served(here, port)).validToDate.getTime() > Date.now() + 300 * DAY);
  });
  await own.givesToOthers(t, here, '/etc/kubernetes/pki/apiserver.crt');
  await first.oneLineAStep(t, here);
  await daily.reloads(t, here, 'renew');
  await daily.restarts(t, here);
  await daily.disables(t, here);
  await daily.watchdogBites(t, here);
  await operates(t, here, { certificate: 'apiserver', port: here.node.ports.apiserver!, restores: true });
  await interrupted.stopped(t, here);
  await interrupted.poweredOff(t, here, 'a reboot', 'cycle', renewAnew);
  await interrupted.poweredOff(t, here, 'a power cut', 'cycle', renewAnew);
  await packageLife.upgradeRemoveReturn(t, here);
  await packageLife.purge(t, here);

  function etcdPid(): Promise<string> {
    return here.machine.must('pidof', 'etcd');
  }
});
