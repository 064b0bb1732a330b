// The archive on a machine without dpkg: installed, installed again, disabled, removed, purged. The
// last of a machine's tests: it begins without certagent, and leaves none.
import assert from 'node:assert/strict';
import { copyFileSync, existsSync } from 'node:fs';
import { basename } from 'node:path';
import type { TestContext } from 'node:test';
import { CONFIG_FILE } from '../../../src/host/root.ts';
import { archiveFile } from '../package.ts';
import { checked, fingerprint, ownerOf, property, type Scene, traces } from '../support.ts';

export async function archiveLife(t: TestContext, here: Scene): Promise<void> {
  const { machine } = here;
  const archive = await archiveFile();
  const top = `/root/${basename(archive, '.tar.gz')}`;
  copyFileSync(archive, machine.at(`${top}.tar.gz`));
  await machine.must('tar', '-xzf', `${top}.tar.gz`, '-C', '/root');
  const [cluster, without] = [await fingerprint(here), await traces(here)];
  const script = (...words: string[]) => machine.must(`${top}/install.sh`, ...words);

  await t.test('from the archive: active, notified, observing', async () => {
    await script();
    assert.equal(await property(here, 'ActiveState'), 'active');
    assert.equal(await property(here, 'UnitFileState'), 'enabled');
    assert.equal(await ownerOf(here, CONFIG_FILE), 'root:certagent 640');
    assert.equal((await checked(here)).mode, 'observe');
  });

  await t.test(
    'installed again: the new one runs, with the configuration as it was; disabled, it stays so',
    async () => {
      await machine.must('sh', '-c', `echo '# ours' >> ${CONFIG_FILE}`);
      const [pid, config] = [await property(here, 'MainPID'), await machine.must('cat', CONFIG_FILE)];
      await script();
      assert.equal(await property(here, 'ActiveState'), 'active');
      assert.notEqual(await property(here, 'MainPID'), pid);
      assert.equal(await machine.must('cat', CONFIG_FILE), config);
      await machine.must('systemctl', 'disable', '--now', '--quiet', 'certagent');
      await script();
      assert.equal(await property(here, 'ActiveState'), 'inactive');
    },
  );

  await t.test(
    'removed: configuration and state stay; purged: nothing does, and the cluster is as it was',
    async () => {
      await script('--uninstall');
      assert.equal((await machine.run('systemctl', 'status', 'certagent')).code, 4);
      assert.equal(existsSync(machine.at('/usr/bin/certagent')), false);
      for (const kept of [CONFIG_FILE, '/var/lib/certagent']) assert.ok(existsSync(machine.at(kept)), kept);
      await script('--uninstall', '--purge');
      assert.equal(await traces(here), without);
      assert.equal((await machine.run('getent', 'group', 'certagent')).code, 2);
      assert.equal(await fingerprint(here), cluster);
    },
  );
}
