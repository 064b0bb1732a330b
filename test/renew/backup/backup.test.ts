import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { RenewalPlan, Step } from '../../../src/domain/model/plan.ts';
import { Root } from '../../../src/host/root.ts';
import { makeBackup } from '../../../src/renew/backup/make-backup.ts';
import { restore } from '../../../src/renew/backup/put-back-files.ts';
import type { StepContext } from '../../../src/renew/steps/actor.ts';

const BACKUPS = '/var/lib/certagent/backups';
/** Mounts what only a privileged container may. */
const NO_MOUNT = spawnSync('unshare', ['--mount', 'true']).status === 0 ? false : 'file systems cannot be mounted here';

describe('backup', () => {
  let directory: string;
  let root: Root;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'certagent-backup-'));
    root = new Root(directory);
    await put('/etc/k/a.crt', 'certificate a', 0o644);
    await put('/etc/k/a.key', 'key a', 0o600);
    await put('/etc/k/tree/deep/b.key', 'key b', 0o640);
    await symlink('deep/b.key', root.at('/etc/k/tree/link'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const put = async (path: string, content: string, mode: number): Promise<void> => {
    await mkdir(dirname(root.at(path)), { recursive: true });
    await writeFile(root.at(path), content);
    await chmod(root.at(path), mode);
  };
  const context = (overrides: Partial<StepContext> = {}): StepContext => ({
    root,
    now: () => 1,
    plan: { id: 'plan', steps: [] } as unknown as RenewalPlan,
    backups: 5,
    pollInterval: 1,
    waiting: () => {},
    ...overrides,
  });
  const step = (name: string): Extract<Step, { kind: 'backup' }> => ({
    kind: 'backup',
    directory: `${BACKUPS}/${name}`,
    files: ['/etc/k/a.crt', '/etc/k/a.key', '/etc/k/absent'],
    directories: ['/etc/k/tree'],
  });

  it('brings everything back byte for byte, with its mode and the time of its content, and leaves what is unchanged alone', async () => {
    await utimes(root.at('/etc/k/a.crt'), 1_700_000_000, 1_700_000_000);
    await makeBackup(step('one'), context());
    assert.equal((await stat(root.at(`${BACKUPS}/one`))).mode & 0o777, 0o700);
    await put('/etc/k/a.crt', 'other', 0o600);
    await rm(root.at('/etc/k/tree'), { recursive: true });
    await put('/etc/k/absent', 'was not there', 0o600);
    const inode = (await stat(root.at('/etc/k/a.key'))).ino;
    const changed = await restore(root, `${BACKUPS}/one`, null);
    assert.deepEqual(changed.sort(), ['/etc/k/a.crt', '/etc/k/absent', '/etc/k/tree/deep/b.key', '/etc/k/tree/link']);
    assert.equal(await readFile(root.at('/etc/k/a.crt'), 'utf8'), 'certificate a');
    const { mode, mtimeMs } = await stat(root.at('/etc/k/a.crt'));
    assert.deepEqual([mode & 0o777, mtimeMs], [0o644, 1_700_000_000_000]);
    assert.equal(await readFile(root.at('/etc/k/tree/link'), 'utf8'), 'key b');
    assert.equal((await stat(root.at('/etc/k/tree/deep/b.key'))).mode & 0o777, 0o640);
    assert.equal((await stat(root.at('/etc/k/a.key'))).ino, inode);
    await assert.rejects(stat(root.at('/etc/k/absent')), { code: 'ENOENT' });
  });

  it('restores through a link, which stays a link', async () => {
    await symlink('a.crt', root.at('/etc/k/linked.crt'));
    await makeBackup({ ...step('one'), files: ['/etc/k/linked.crt'] }, context());
    await put('/etc/k/a.crt', 'other', 0o644);
    await restore(root, `${BACKUPS}/one`, ['/etc/k/linked.crt']);
    assert.equal(await readFile(root.at('/etc/k/a.crt'), 'utf8'), 'certificate a');
    assert.ok(
      (await readdir(root.at('/etc/k'), { withFileTypes: true }))
        .find(({ name }) => name === 'linked.crt')
        ?.isSymbolicLink(),
    );
  });

  it('keeps the newest ones and removes what a kill left half-written, but nothing that is not its own', async () => {
    await put(`${BACKUPS}/mine/notes`, 'an operator', 0o600);
    await put(`${BACKUPS}/zero.partial/files/x`, 'half', 0o600);
    for (const [at, name] of ['one', 'two', 'three', 'four'].entries())
      await makeBackup(step(name), context({ now: () => at, backups: 2 }));
    assert.deepEqual((await readdir(root.at(BACKUPS))).sort(), ['four', 'mine', 'three']);
  });

  it('refuses a damaged backup for the damaged file and its key, and puts the others back', async () => {
    await makeBackup(step('one'), context());
    await writeFile(root.at(`${BACKUPS}/one/files/etc/k/a.crt`), 'rotten');
    await put('/etc/k/a.crt', 'new', 0o644);
    await put('/etc/k/a.key', 'new', 0o600);
    await put('/etc/k/tree/deep/b.key', 'new', 0o640);
    await assert.rejects(restore(root, `${BACKUPS}/one`, null), {
      code: 'RESTORE_FAILED',
      message: /: \/etc\/k\/a\.crt, \/etc\/k\/a\.key$/,
    });
    assert.equal(await readFile(root.at('/etc/k/a.key'), 'utf8'), 'new');
    assert.equal(await readFile(root.at('/etc/k/a.crt'), 'utf8'), 'new');
    assert.equal(await readFile(root.at('/etc/k/tree/deep/b.key'), 'utf8'), 'key b');
    assert.deepEqual(
      (await readdir(root.at('/etc/k'))).filter((name) => name.endsWith('.tmp')),
      [],
    );
  });

  it('finishes the removal of an old backup that a kill interrupted, and leaves what is not its own', async () => {
    for (const name of ['one', 'two']) await makeBackup(step(name), context({ now: () => (name === 'one' ? 1 : 2) }));
    // As a kill in the middle of the removal of "one" leaves it.
    await rename(root.at(`${BACKUPS}/one`), root.at(`${BACKUPS}/one.partial`));
    await rm(root.at(`${BACKUPS}/one.partial/manifest.json`));
    await mkdir(root.at(`${BACKUPS}/mine`));
    await makeBackup(step('three'), context({ now: () => 3, backups: 2 }));
    assert.deepEqual((await readdir(root.at(BACKUPS))).sort(), ['mine', 'three', 'two']);
  });

  it('never writes among the manifests', async () => {
    const cycle = { kind: 'cycle', manifest: '/etc/kubernetes/manifests/etcd.yaml' } as unknown as Step;
    const plan = { id: 'plan', steps: [cycle] } as unknown as RenewalPlan;
    await assert.rejects(
      makeBackup({ ...step('x'), directory: '/etc/kubernetes/manifests/backup' }, context({ plan })),
      { code: 'BACKUP_PLACE' },
    );
  });

  it('reports that the disk is full, and leaves nothing half-written', async (t) => {
    await put('/etc/k/large', 'x'.repeat(2 * 1024 * 1024), 0o600);
    await mkdir(root.at(BACKUPS), { recursive: true });
    const program = `
      import { makeBackup } from '${new URL('../../../src/renew/backup/make-backup.ts', import.meta.url)}';
      import { Root } from '${new URL('../../../src/host/root.ts', import.meta.url)}';
      import { readdirSync } from 'node:fs';
      const step = { kind: 'backup', directory: '${BACKUPS}/full', files: ['/etc/k/large'], directories: [] };
      const context = { root: new Root('${directory}'), now: () => 1, plan: { id: 'p', steps: [] }, backups: 5 };
      await makeBackup(step, context).catch((error) => console.log(error.code));
      console.log(JSON.stringify(readdirSync('${root.at(BACKUPS)}')));`;
    await writeFile(join(directory, 'full.ts'), program);
    const mount = 'mount -t tmpfs -o size=1m none "$1" || exit 77; exec "$2" --no-warnings "$3"';
    const script = `exec unshare --user --map-root-user --mount sh -c '${mount}' sh "$@"`;
    const words = [root.at(BACKUPS), process.execPath, join(directory, 'full.ts')];
    const result = spawnSync('sh', ['-c', script, 'sh', ...words], { encoding: 'utf8' });
    if (result.error !== undefined || result.status === 77 || result.stdout === '') {
      t.skip('no small file system can be mounted here');
      return;
    }
    assert.equal(result.stdout, 'NO_SPACE\n[]\n');
  });

  it('puts a key back only with its certificate, where one of the two cannot be replaced', {
    skip: NO_MOUNT,
  }, async () => {
    // Which of them cannot, and so the order of the two, must not matter.
    for (const stuck of ['/etc/k/a.crt', '/etc/k/a.key']) {
      await put('/etc/k/a.crt', 'certificate a', 0o644);
      await put('/etc/k/a.key', 'key a', 0o600);
      await makeBackup(step('one'), context());
      await put('/etc/k/a.crt', 'next certificate', 0o644);
      await put('/etc/k/a.key', 'next key', 0o600);
      execFileSync('mount', ['--bind', root.at(stuck), root.at(stuck)]);
      try {
        await assert.rejects(restore(root, `${BACKUPS}/one`, ['/etc/k/a.crt', '/etc/k/a.key']), {
          code: 'RESTORE_FAILED',
        });
      } finally {
        execFileSync('umount', [root.at(stuck)]);
      }
      assert.equal(await readFile(root.at('/etc/k/a.crt'), 'utf8'), 'next certificate');
      assert.equal(await readFile(root.at('/etc/k/a.key'), 'utf8'), 'next key');
      assert.deepEqual((await readdir(root.at('/etc/k'))).sort(), ['a.crt', 'a.key', 'tree']);
    }
  });
});
