import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { RenewalPlan } from '../../../src/domain/model/plan.ts';
import { Root } from '../../../src/host/root.ts';
import { MANIFEST, sha256 } from '../../../src/renew/backup/backup-manifest.ts';
import { refuseChanged } from '../../../src/renew/in-place/refuse-changed.ts';

const BACKUP = '/var/lib/certagent/backups/p';
const plan = {
  steps: [{ kind: 'backup', directory: BACKUP, files: [], directories: [] }],
} as unknown as RenewalPlan;
const file = (path: string, content: string) => ({
  ...{ path, mode: 0o600, uid: 0, gid: 0, size: content.length, modifiedAt: 0 },
  sha256: sha256(content),
});

test('a file is as the backup has it, or as it is to be; anything else was changed by somebody', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'certagent-in-place-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const root = new Root(directory);
  await mkdir(root.at(BACKUP), { recursive: true });
  const manifest = { version: 1, planId: 'p', createdAt: 0, files: [file('/a.crt', 'old')], links: [], absent: [] };
  await writeFile(join(root.at(BACKUP), MANIFEST), JSON.stringify(manifest));
  const staged = { files: [file('/a.crt', 'new')] };
  const refused = async (content: string | null) => {
    await rm(root.at('/a.crt'), { force: true });
    if (content !== null) await writeFile(root.at('/a.crt'), content);
    return refuseChanged(root, plan, ['/a.crt'], staged).then(
      () => null,
      (error: { code: string; message: string }) => `${error.code} ${error.message}`,
    );
  };
  assert.equal(await refused('old'), null);
  assert.equal(await refused('new'), null);
  assert.match((await refused('theirs'))!, /^CHANGED_SINCE somebody has changed \/a\.crt since/);
  assert.match((await refused(null))!, /^CHANGED_SINCE/);
});
