// A K3s server under systemd 252, which knows no Type=notify-reload.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reasonToSkip } from './base.ts';
import { startNode } from './node.ts';
import { archiveLife } from './story/archive-life.ts';
import * as daily from './story/daily.ts';
import * as first from './story/first-run.ts';
import { stopsTheHelper } from './story/hostile-user.ts';
import * as interrupted from './story/interrupted.ts';
import { operates } from './story/operator.ts';
import * as own from './story/own-programs.ts';
import { purge } from './story/package-life.ts';
import { configure, scene, statusOnce } from './support.ts';

const skip = await reasonToSkip();

const TREES = 'var/lib/rancher etc/rancher home';

test('a K3s server, systemd 252', { skip, timeout: 2_400_000 }, async (t) => {
  const here = await scene(t, 'bookworm', 'k3s-server', { grantedDays: 365 });
  const { machine, node } = here;
  await machine.must('sh', '-c', `tar -C / -cpf /root/before.tar ${TREES}`);
  const renew = () => machine.run('certagent', 'renew', '--yes');

  await first.installs(t, here, 'notify');
  await first.unitInOrder(t, here);
  await first.asksFirst(t, here);
  await daily.reloads(t, here, 'observe');
  await own.prepares(here, 'serving-kube-apiserver');
  const pid = await k3sPid();
  await first.renews(t, here, node.ports.api!);
  await t.test('for that K3s was restarted', async () => assert.notEqual(await k3sPid(), pid));
  await own.givesToOthers(t, here, '/var/lib/rancher/k3s/server/tls/serving-kube-apiserver.crt');
  await first.oneLineAStep(t, here);
  await operates(t, here, { certificate: 'serving-kube-apiserver', port: node.ports.api!, restores: false });
  await stopsTheHelper(t, here);
  await makeDueAgain();
  await interrupted.poweredOff(t, here, 'a reboot', 'restart-unit', renew);
  await makeDueAgain();
  await interrupted.poweredOff(t, here, 'a power cut', 'restart-unit', renew);
  await purge(t, here);
  await archiveLife(t, here);

  /** The node as it was before the renewal, and a closed maintenance window: certagent renews only on request. */
  async function makeDueAgain(): Promise<void> {
    await machine.must('systemctl', 'stop', 'certagent', node.unit);
    await machine.must('sh', '-c', `cd / && rm -rf ${TREES} && tar -xpf /root/before.tar`);
    await configure(here, 'renew', '', 'closed');
    await startNode(machine, node);
    await machine.must('systemctl', 'start', 'certagent');
    await statusOnce(({ renewal, nextCheckAt }) => renewal.kind === 'waiting' && nextCheckAt !== null, here);
  }

  function k3sPid(): Promise<string> {
    return machine.must('systemctl', 'show', '--value', '--property=MainPID', node.unit);
  }
});
