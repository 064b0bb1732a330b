// A K3s server under systemd 252, which knows no Type=notify-reload.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY } from '../../src/domain/duration.ts';
import { eventually } from '../demo/support.ts';
import { reasonToSkip } from './base.ts';
import { startNode } from './node.ts';
import {
  COPY,
  configure,
  daysOf,
  fingerprint,
  inStep,
  install,
  journal,
  lines,
  ownerOf,
  property,
  scene,
  served,
  status,
  statusOnce,
} from './support.ts';

const skip = await reasonToSkip();

test('a K3s server, systemd 252', { skip, timeout: 1_200_000 }, async (t) => {
  const here = await scene(t, 'bookworm', 'k3s-server', { grantedDays: 365 });
  const { machine, mail, node, deb } = here;
  const before = await fingerprint(here);
  const TREES = 'var/lib/rancher etc/rancher home';
  await machine.must('sh', '-c', `tar -C / -cpf /root/before.tar ${TREES}`);

  await t.test('installed with apt: active, notified, observing, and nothing of the node is changed', async () => {
    await install(here, deb);
    assert.equal(await property(here, 'ActiveState'), 'active');
    assert.equal(await property(here, 'Type'), 'notify');
    const report = await statusOnce(({ nextCheckAt }) => nextCheckAt !== null, here);
    assert.equal(report.mode, 'observe');
    assert.equal(await fingerprint(here), before);
  });

  await t.test('the unit is in order and its sandbox at 3.0 or lower', async () => {
    const verified = await machine.run('systemd-analyze', 'verify', 'certagent.service');
    assert.deepEqual(verified, { code: 0, stdout: '', stderr: '' });
    const told = await machine.run('systemd-analyze', 'security', '--threshold=30', '--no-pager', 'certagent.service');
    assert.equal(told.code, 0, told.stdout);
    t.diagnostic(told.stdout.trim().split('\n').at(-1) ?? '');
  });

  await t.test('systemctl reload takes a good configuration, and refuses a bad one visibly', async () => {
    await configure(here, 'observe', '[windows]\nopens = 80');
    assert.notEqual((await machine.run('systemctl', 'reload', 'certagent')).code, 0);
    assert.match((await status(here)).configError ?? '', /windows\.opens/);
    await configure(here, 'observe');
    await machine.must('systemctl', 'reload', 'certagent');
    assert.equal((await status(here)).configError, null);
  });

  await t.test('enabled: K3s restarted once, its listener renewed, and the copy of another user', async () => {
    const pid = await k3sPid();
    await machine.must('certagent', 'enable', '--yes');
    const report = await statusOnce(
      ({ renewal, lastAttempt }) => renewal.kind === 'none' && lastAttempt?.result === 'succeeded',
      here,
      120_000,
    );
    assert.ok(report.served.every(({ state }) => state === 'current'));
    assert.ok((await served(here, node.ports.api!)).validToDate.getTime() > Date.now() + 300 * DAY);
    assert.notEqual(await k3sPid(), pid);
    await eventually(() => daysOf(here, COPY) > 300, 20_000);
    assert.equal(await ownerOf(here, COPY), 'alice:alice 600');
    const failed = (await lines(here)).filter(({ plan, level }) => plan !== undefined && level === 'error');
    assert.deepEqual(failed, []);
    await mail.hears('event', 'RENEWED');
  });

  await t.test(
    'a user who stops the helper that looks after his copy holds up nobody, and no process stays behind',
    async () => {
      // The pattern does not find itself.
      const stop = `c=; read -r c <$d/cmdline; case $c in *copies[-]helper*) kill -STOP \${d#/proc/};; esac`;
      const loop = `: >/tmp/begun; while [ ! -e /tmp/over ]; do for d in /proc/[0-9]*; do ${stop}; done; done`;
      const script = machine.as('alice', 'timeout', '--signal=KILL', '200', 'sh', '-c', `{ ${loop}; } 2>/dev/null`);
      await eventually(async () => (await machine.run('test', '-e', '/tmp/begun')).code === 0);
      try {
        // Each look at the copy is a chance to catch the helper while it has her rights; a copy is looked at when it has changed.
        await eventually(async () => {
          await machine.must('touch', COPY);
          const synced = await machine.run('certagent', 'sync');
          return synced.code === 1 && /alice.*did not answer/.test(synced.stdout);
        }, 120_000);
        // Be one stopped after its last answer: the stop is not held up either.
        await machine.must('systemctl', 'restart', 'certagent');
      } finally {
        await machine.must('touch', '/tmp/over');
        await script;
      }
      assert.equal((await machine.run('sh', '-c', 'grep -ls copies[-]helper /proc/[0-9]*/cmdline')).stdout, '');
      assert.equal((await machine.run('certagent', 'sync')).code, 0);
    },
  );

  await t.test('a reboot in the middle of the restart: the next boot finishes or undoes it', async () => {
    await makeDueAgain();
    const known = journal(here).length;
    void machine.run('certagent', 'renew', '--yes');
    await inStep(here, 'restart-unit', known);
    await machine.powerOff();
    await machine.boot();
    await mail.open(machine);
    await eventually(
      () =>
        journal(here)
          .slice(known)
          .some(({ type }) => type === 'plan-ended'),
      120_000,
    );
    const report = await statusOnce(
      ({ renewal, nextCheckAt }) => renewal.kind === 'none' && nextCheckAt !== null,
      here,
    );
    assert.ok(report.served.every(({ state }) => state === 'current'));
    assert.equal(await machine.must('systemctl', 'is-active', node.unit), 'active\n');
    assert.ok(daysOf(here, node.kubeconfig) > 300);
  });

  /** The node as it was before the renewal, and a maintenance window that is not open: certagent acts when it is told to. */
  async function makeDueAgain(): Promise<void> {
    await machine.must('systemctl', 'stop', 'certagent', node.unit);
    await machine.must('sh', '-c', `cd / && rm -rf ${TREES} && tar -xpf /root/before.tar`);
    await configure(here, 'renew', '', 'closed');
    await startNode(machine, node);
    await machine.must('systemctl', 'start', 'certagent');
    await statusOnce(({ renewal, nextCheckAt }) => renewal.kind === 'defer' && nextCheckAt !== null, here);
  }

  function k3sPid(): Promise<string> {
    return machine.must('systemctl', 'show', '--value', '--property=MainPID', node.unit);
  }
});
