// Access control lists of files that certagent writes again: with a list, the group bits of a mode are its mask.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { setMode } from '../../src/config/mode.ts';
import type { RenewalPlan } from '../../src/domain/model/plan.ts';
import { Root } from '../../src/host/root.ts';
import { makeBackup } from '../../src/renew/backup/make-backup.ts';
import { restore } from '../../src/renew/backup/put-back-files.ts';
import { changeAnnotation } from '../../src/renew/components/change-annotation.ts';

const has = (program: string) => spawnSync(program, ['--version']).status === 0;
const skip = !has('setfacl') || !has('getfacl') ? 'setfacl and getfacl are not installed' : false;
const list = (path: string) => execFileSync('getfacl', ['-cpn', path], { encoding: 'utf8' }).trim().split('\n');

const BACKUP = '/var/lib/certagent/backups/p';
const MANIFEST = '/etc/kubernetes/manifests/kube-scheduler.yaml';

const WAYS: Record<string, (root: Root, path: string) => Promise<void>> = {
  'restored from a backup': async (root, path) => {
    const files = { kind: 'backup' as const, directory: BACKUP, files: [path], directories: [] };
    const plan = { id: 'p', steps: [] } as unknown as RenewalPlan;
    await makeBackup(files, { root, now: () => 1, plan, backups: 5, pollInterval: 1, waiting: () => {} });
    rmSync(root.at(path));
    assert.deepEqual(await restore(root, BACKUP, null), [path]);
  },
  'edited by `certagent enable`': async (root, path) => {
    writeFileSync(root.at(path), 'mode = "observe"\n');
    assert.equal(await setMode(root.at(path), 'renew'), true);
  },
  'annotated by rename': (root, path) => changeAnnotation({ manifest: path }, { root, now: () => 1 }),
};

for (const [way, act] of Object.entries(WAYS))
  for (const [what, mode, entries] of [
    ['one more may read, the group may not', 0o640, 'u:54778:r,g::---,m::r'],
    ['one more may write, the group may not', 0o664, 'u:54778:rw,g::r,m::rw'],
    ['no list', 0o640, null],
  ] as const)
    test(`${way}, a file keeps its access control list: ${what}`, { skip }, async (t) => {
      const directory = mkdtempSync(join(tmpdir(), 'certagent-lists-'));
      t.after(() => rmSync(directory, { recursive: true, force: true }));
      const root = new Root(directory);
      const path = root.at(MANIFEST);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: kube-scheduler\n');
      chmodSync(path, mode);
      if (entries !== null) execFileSync('setfacl', ['-m', entries, path]);
      const before = list(path);
      await act(root, MANIFEST);
      assert.deepEqual(list(path), before);
    });
