// What an operator does with the service on any other day.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import type { TestContext } from 'node:test';
import { CONFIG_FILE } from '../../../src/host/root.ts';
import { eventually } from '../../testnode/support.ts';
import { checked, configure, fingerprint, journal, property, type Scene, status } from '../support.ts';

/** Gone with the next boot. */
const DROP_INS = '/run/systemd/system/certagent.service.d';

export function reloads(t: TestContext, here: Scene, mode: 'observe' | 'renew'): Promise<void> {
  const { machine } = here;
  return t.test('systemctl reload loads a good configuration, and reports a bad one', async () => {
    await configure(here, mode, '[windows]\nopens = "80d"');
    await machine.must('systemctl', 'reload', 'certagent');
    const pid = await property(here, 'MainPID');
    await writeFile(machine.at(CONFIG_FILE), '[windows]\nopens = 80\n');
    assert.notEqual((await machine.run('systemctl', 'reload', 'certagent')).code, 0);
    assert.match((await status(here)).configError ?? '', /windows\.opens/s);
    const log = await machine.must('journalctl', '--unit=certagent', '--output=cat', '--no-pager');
    assert.match(log, /configuration refused.*windows\.opens/s);
    assert.equal(await property(here, 'ActiveState'), 'active');
    assert.equal(await property(here, 'MainPID'), pid);
    await configure(here, mode);
    await machine.must('systemctl', 'reload', 'certagent');
    assert.equal((await status(here)).configError, null);
    assert.equal((await status(here)).mode, mode);
  });
}

export function restarts(t: TestContext, here: Scene): Promise<void> {
  return t.test('systemctl restart: another process, the same state', async () => {
    const [pid, known] = [await property(here, 'MainPID'), journal(here).length];
    await here.machine.must('systemctl', 'restart', 'certagent');
    assert.notEqual(await property(here, 'MainPID'), pid);
    assert.equal((await checked(here)).lastAttempt?.result, 'succeeded');
    assert.equal(journal(here).length, known);
  });
}

export function disables(t: TestContext, here: Scene): Promise<void> {
  const { machine } = here;
  return t.test('certagent disable returns to observing, and keeps the rest of the configuration', async () => {
    const [cluster, config] = [await fingerprint(here), await machine.must('cat', CONFIG_FILE)];
    await machine.must('certagent', 'disable');
    assert.equal((await status(here)).mode, 'observe');
    assert.equal(await machine.must('cat', CONFIG_FILE), config.replace('mode = "renew"', 'mode = "observe"'));
    assert.equal(await fingerprint(here), cluster);
    await machine.must('certagent', 'enable', '--yes');
    assert.equal((await status(here)).mode, 'renew');
    assert.equal(await machine.must('cat', CONFIG_FILE), config);
  });
}

export function watchdogBites(t: TestContext, here: Scene): Promise<void> {
  const { machine } = here;
  return t.test('the watchdog stops a daemon that hangs, and systemd starts it again', async () => {
    await machine.must('mkdir', '-p', DROP_INS);
    await machine.must('sh', '-c', `printf '[Service]\nWatchdogSec=4\nRestartSec=1\n' > ${DROP_INS}/quick.conf`);
    await machine.must('systemctl', 'daemon-reload');
    await machine.must('systemctl', 'restart', 'certagent');
    const pid = await property(here, 'MainPID');
    await machine.must('sh', '-c', `kill -STOP ${pid}`);
    await eventually(async () => Number(await property(here, 'NRestarts')) >= 1);
    await eventually(async () => (await property(here, 'ActiveState')) === 'active');
    assert.notEqual(await property(here, 'MainPID'), pid);
    assert.match(await machine.must('journalctl', '--unit=certagent', '--output=cat'), /Watchdog timeout/);
    assert.equal((await checked(here)).source, 'daemon');
    await machine.must('rm', `${DROP_INS}/quick.conf`);
    await machine.must('systemctl', 'daemon-reload');
    await machine.must('systemctl', 'restart', 'certagent');
  });
}
