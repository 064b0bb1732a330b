// The package: upgraded, removed, installed again, purged. The cluster is not affected.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { CONFIG_FILE } from '../../../src/host/root.ts';
import { TEMPORARY } from '../machine.ts';
import { asVersion } from '../package.ts';
import {
  checked,
  fingerprint,
  install,
  journal,
  property,
  type Scene,
  status,
  statusOnce,
  traces,
} from '../support.ts';

export async function upgradeRemoveReturn(t: TestContext, here: Scene): Promise<void> {
  const { machine, deb } = here;
  await statusOnce(({ running, nextCheckAt }) => running === null && nextCheckAt !== null, here);
  const state = async () => ({
    config: await machine.must('sha256sum', CONFIG_FILE),
    journal: journal(here).length,
    cluster: await fingerprint(here),
  });
  const before = await state();

  await t.test('an upgrade keeps configuration and state, and starts the new version', async () => {
    const directory = await mkdtemp(join(tmpdir(), TEMPORARY));
    t.after(() => rm(directory, { recursive: true, force: true }));
    const pid = await property(here, 'MainPID');
    await install(here, await asVersion(deb, '99.0.0', directory));
    assert.equal(await property(here, 'ActiveState'), 'active');
    assert.notEqual(await property(here, 'MainPID'), pid);
    assert.equal((await checked(here)).mode, 'renew');
    assert.deepEqual(await state(), before);
  });

  await t.test('an upgrade with a refused configuration succeeds, and the running version goes on', async () => {
    const pid = await property(here, 'MainPID');
    const config = await machine.must('cat', CONFIG_FILE);
    await writeFile(machine.at(CONFIG_FILE), `${config}\nmoed = "renew"\n`);
    const upgraded = await machine.run('apt-get', 'install', '--yes', '--reinstall', '/root/certagent.deb');
    assert.equal(upgraded.code, 0, upgraded.stderr);
    assert.match(upgraded.stderr + upgraded.stdout, /the configuration is refused, so the service was not restarted/);
    assert.equal(await property(here, 'MainPID'), pid);
    assert.equal(await property(here, 'ActiveState'), 'active');
    assert.match((await status(here)).configError ?? '', /moed/);
    await writeFile(machine.at(CONFIG_FILE), config);
    await machine.must('systemctl', 'restart', 'certagent');
    await checked(here);
    assert.deepEqual(await state(), before);
  });

  await t.test('removal keeps configuration and state; installed again, certagent uses them', async () => {
    await machine.must('apt-get', 'remove', '--yes', 'certagent');
    assert.equal((await machine.run('systemctl', 'is-active', 'certagent')).stdout.trim(), 'inactive');
    assert.equal(existsSync(machine.at('/usr/bin/certagent')), false);
    assert.deepEqual(await state(), before);
    await install(here, null);
    assert.equal(await property(here, 'ActiveState'), 'active');
    assert.equal((await checked(here)).mode, 'renew');
    assert.deepEqual(await state(), before);
  });
}

/** certagent is gone afterwards. */
export function purge(t: TestContext, here: Scene): Promise<void> {
  const { machine } = here;
  return t.test(
    'a service that the operator has disabled stays so; a purge leaves nothing but the cluster',
    async () => {
      await checked(here);
      const cluster = await fingerprint(here);
      await machine.must('systemctl', 'disable', '--now', '--quiet', 'certagent');
      await machine.must('apt-get', 'install', '--yes', '--reinstall', '/root/certagent.deb');
      assert.equal((await machine.run('systemctl', 'is-active', 'certagent')).stdout.trim(), 'inactive');
      assert.equal(await property(here, 'UnitFileState'), 'disabled');

      await machine.must('apt-get', 'purge', '--yes', 'certagent');
      assert.equal(await traces(here), LEFT);
      assert.equal((await machine.run('getent', 'group', 'certagent')).code, 2);
      assert.equal((await machine.run('systemctl', 'status', 'certagent')).code, 4);
      assert.equal(await fingerprint(here), cluster);
    },
  );
}

/** The copy's backup is its user's. */
const LEFT = '/root/certagent.deb\n/home/alice/.kube/config.certagent-backup\n';
