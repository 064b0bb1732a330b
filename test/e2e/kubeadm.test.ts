// A kubeadm control-plane node under systemd 257: the package's whole life, seen as its operator sees it.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { CONFIG_FILE } from '../../src/host/root.ts';
import { eventually } from '../demo/support.ts';
import { reasonToSkip } from './base.ts';
import { asVersion } from './package.ts';
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

/** Gone with the next boot. */
const DROP_INS = '/run/systemd/system/certagent.service.d';

test('a kubeadm node, systemd 257', { skip, timeout: 1_200_000 }, async (t) => {
  const here = await scene(t, 'trixie', 'kubeadm');
  const { machine, mail, node, deb } = here;
  const before = await fingerprint(here);

  await t.test('installed with apt: active, notified, observing, and nothing of the node is changed', async () => {
    await install(here, deb);
    assert.equal(await property(here, 'ActiveState'), 'active');
    assert.equal(await property(here, 'Type'), 'notify-reload');
    const report = await statusOnce(({ nextCheckAt }) => nextCheckAt !== null, here);
    assert.equal(report.mode, 'observe');
    assert.equal(report.source, 'daemon');
    assert.equal(report.renewal.kind, 'blocked');
    assert.match(await property(here, 'StatusText'), /certificate/);
    await machine.must('certagent', 'check', '--now').catch(() => {});
    assert.equal(await fingerprint(here), before);
  });

  await t.test('the unit is in order and its sandbox at 3.0 or lower', async () => {
    const verified = await machine.run('systemd-analyze', 'verify', 'certagent.service');
    assert.deepEqual(verified, { code: 0, stdout: '', stderr: '' });
    const told = await machine.run('systemd-analyze', 'security', '--threshold=30', '--no-pager', 'certagent.service');
    assert.equal(told.code, 0, told.stdout);
    t.diagnostic(told.stdout.trim().split('\n').at(-1) ?? '');
  });

  await t.test('the status is for root and the group; others are told why and what to do', async () => {
    await machine.must('usermod', '--append', '--groups', 'certagent', 'bob');
    assert.match((await machine.as('bob', 'certagent', 'status')).stdout, /observe only/);
    for (const user of ['carol', 'nobody']) {
      const refused = await machine.as(user, 'certagent', 'status');
      assert.equal(refused.code, 1);
      assert.equal(refused.stdout, '');
      assert.match(refused.stderr, /status\.sock may not be used by this user/);
      assert.match(refused.stderr, /member of the group/);
    }
    const act = await machine.as('bob', 'certagent', 'reload');
    assert.equal(act.code, 1);
    assert.match(act.stderr, /only root/);
    assert.equal(await fingerprint(here), before);
  });

  await t.test(
    'enabled: renewed under the sandbox, with the copy of another user, an email and a webhook',
    async () => {
      await configure(here, 'observe');
      await machine.must('systemctl', 'reload', 'certagent');
      await machine.must('certagent', 'enable', '--yes');
      const report = await statusOnce(
        ({ renewal, lastAttempt }) => renewal.kind === 'none' && lastAttempt?.result === 'succeeded',
        here,
        120_000,
      );
      assert.equal(report.mode, 'renew');
      assert.ok(report.served.every(({ state }) => state === 'current'));
      assert.ok((await served(here, node.ports.apiserver!)).validToDate.getTime() > Date.now() + 300 * 86_400_000);
      assert.ok(daysOf(here, '/etc/kubernetes/admin.conf') > 300);
      await eventually(() => daysOf(here, COPY) > 300, 20_000);
      assert.equal(await ownerOf(here, COPY), 'alice:alice 600');
      assert.equal(await ownerOf(here, `${COPY}.certagent-backup`), 'alice:alice 600');
      assert.equal(await ownerOf(here, '/etc/kubernetes/pki/apiserver.key'), 'root:root 600');
      assert.equal(await ownerOf(here, CONFIG_FILE), 'root:certagent 640');
      await mail.hears('event', 'RENEWED');
      assert.ok(
        mail.emails.some((email) => /^Subject: .*[Rr]enewed/m.test(email)),
        mail.emails.join('\n'),
      );
    },
  );

  await t.test('journald has two lines a step, when it begins and when it is done, in order', async () => {
    const steps = (await lines(here)).filter(({ step }) => step !== undefined);
    const count = steps[0]?.steps ?? 0;
    assert.ok(count > 10);
    const expected = Array.from({ length: count }, (_, index) => [`${index + 1} started`, `${index + 1} done`]).flat();
    assert.deepEqual(
      steps.map(({ step, state }) => `${step} ${state}`),
      expected,
    );
    assert.equal(
      (await machine.run('sh', '-c', 'journalctl -u certagent | grep -c "PRIVATE KEY\\|key-data"')).stdout.trim(),
      '0',
    );
  });

  await t.test('systemctl reload takes a good configuration, and refuses a bad one visibly', async () => {
    await configure(here, 'renew', '[windows]\nopens = "80d"');
    await machine.must('systemctl', 'reload', 'certagent');
    const pid = await property(here, 'MainPID');
    await writeFile(machine.at(CONFIG_FILE), '[windows]\nopens = 80\n');
    const refused = await machine.run('systemctl', 'reload', 'certagent');
    assert.notEqual(refused.code, 0);
    assert.match((await status(here)).configError ?? '', /windows\.opens/);
    assert.match(
      (await machine.must('journalctl', '-u', 'certagent', '-o', 'cat')).toString(),
      /configuration refused.*windows\.opens/,
    );
    assert.equal(await property(here, 'ActiveState'), 'active');
    assert.equal(await property(here, 'MainPID'), pid);
    await configure(here, 'renew');
    await machine.must('systemctl', 'reload', 'certagent');
    assert.equal((await status(here)).configError, null);
  });

  await t.test('systemctl restart: another process, the same state', async () => {
    const [pid, attempts] = [await property(here, 'MainPID'), journal(here).length];
    await machine.must('systemctl', 'restart', 'certagent');
    assert.notEqual(await property(here, 'MainPID'), pid);
    const report = await statusOnce(({ nextCheckAt }) => nextCheckAt !== null, here);
    assert.equal(report.lastAttempt?.result, 'succeeded');
    assert.equal(journal(here).length, attempts);
  });

  await t.test(
    'systemctl stop in the middle of a renewal: the step in hand is ended, the next start does the rest',
    async () => {
      const known = journal(here).length;
      const renewing = machine.run('certagent', 'renew', '--force', '--yes');
      await inStep(here, 'cycle', known);
      await machine.must('systemctl', 'stop', 'certagent');
      assert.equal(await property(here, 'Result'), 'success');
      assert.notEqual((await renewing).code, 0);
      const states = journal(here)
        .slice(known)
        .map(({ type }) => type);
      assert.equal(states.at(-1), 'step-done');
      await machine.must('systemctl', 'start', 'certagent');
      await recovered(known);
    },
  );

  await t.test('the watchdog ends a daemon that hangs, and it comes back', async () => {
    await machine.must('mkdir', '-p', DROP_INS);
    await machine.must('sh', '-c', `printf '[Service]\nWatchdogSec=4\nRestartSec=1\n' > ${DROP_INS}/quick.conf`);
    await machine.must('systemctl', 'daemon-reload');
    await machine.must('systemctl', 'restart', 'certagent');
    const pid = await property(here, 'MainPID');
    await machine.must('sh', '-c', `kill -STOP ${pid}`);
    await eventually(async () => (await property(here, 'NRestarts')) === '1', 60_000);
    await eventually(async () => (await property(here, 'ActiveState')) === 'active', 30_000);
    assert.notEqual(await property(here, 'MainPID'), pid);
    assert.match(await machine.must('journalctl', '-u', 'certagent', '-o', 'cat'), /Watchdog timeout/);
    assert.equal((await statusOnce(({ nextCheckAt }) => nextCheckAt !== null, here)).source, 'daemon');
    await machine.must('rm', `${DROP_INS}/quick.conf`);
    await machine.must('systemctl', 'daemon-reload');
    await machine.must('systemctl', 'restart', 'certagent');
  });

  for (const [how, off] of [
    ['a reboot', () => machine.powerOff()],
    ['a power cut', () => machine.cutPower()],
  ] as const) {
    await t.test(`${how} in the middle of a renewal: the next boot finishes or undoes it`, async () => {
      const known = journal(here).length;
      await statusOnce(({ nextCheckAt }) => nextCheckAt !== null, here);
      void machine.run('certagent', 'renew', '--force', '--yes');
      await inStep(here, 'cycle', known);
      await off();
      assert.notEqual(journal(here).at(-1)?.type, 'plan-ended');
      await machine.boot();
      await mail.open(machine);
      await recovered(known);
    });
  }

  await t.test(
    'an upgrade keeps configuration and state, removal the state; a purge takes both; none touches the cluster',
    async () => {
      const directory = await mkdtemp(join(tmpdir(), 'certagent-e2e-deb-'));
      try {
        await statusOnce(({ running, nextCheckAt }) => running === null && nextCheckAt !== null, here);
        const [cluster, attempts, pid] = [
          await fingerprint(here),
          journal(here).length,
          await property(here, 'MainPID'),
        ];
        const config = await machine.must('sha256sum', CONFIG_FILE);
        const kept = async () => {
          assert.equal(await machine.must('sha256sum', CONFIG_FILE), config);
          assert.equal(journal(here).length, attempts);
          assert.equal(await fingerprint(here), cluster);
        };
        await install(here, await asVersion(deb, '99.0.0', directory));
        assert.equal(await property(here, 'ActiveState'), 'active');
        assert.notEqual(await property(here, 'MainPID'), pid);
        assert.equal((await statusOnce(({ nextCheckAt }) => nextCheckAt !== null, here)).mode, 'renew');
        await kept();

        await machine.must('apt-get', 'remove', '--yes', 'certagent');
        assert.equal((await machine.run('systemctl', 'is-active', 'certagent')).stdout.trim(), 'inactive');
        assert.equal(existsSync(machine.at('/usr/bin/certagent')), false);
        await kept();

        await machine.must('apt-get', 'purge', '--yes', 'certagent');
        for (const path of [
          '/etc/certagent',
          '/var/lib/certagent',
          '/run/certagent',
          '/usr/lib/systemd/system/certagent.service.d',
        ])
          assert.equal((await machine.run('test', '-e', path)).code, 1, path);
        assert.equal((await machine.run('getent', 'group', 'certagent')).code, 2);
        assert.equal((await machine.run('systemctl', 'status', 'certagent')).code, 4);
        assert.equal(await fingerprint(here), cluster);
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
    },
  );

  /** The plan begun after `known` records has an end, and the servers serve what is on disk. */
  async function recovered(known: number): Promise<void> {
    await eventually(
      () =>
        journal(here)
          .slice(known)
          .some(({ type }) => type === 'plan-ended'),
      120_000,
    );
    const report = await statusOnce(({ nextCheckAt, running }) => running === null && nextCheckAt !== null, here);
    assert.ok(
      report.served.length > 0 && report.served.every(({ state }) => state === 'current'),
      JSON.stringify(report.served),
    );
    assert.equal(report.renewal.kind, 'none');
    await mail.hears('event', 'RECOVERED');
  }
});
