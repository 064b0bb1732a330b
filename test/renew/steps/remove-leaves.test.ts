// The step that removes broken leaves, on files alone.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { BrokenLeaf } from '../../../src/domain/model/broken-leaf.ts';
import type { RenewalPlan } from '../../../src/domain/model/plan.ts';
import { DAY } from '../../../src/domain/time/duration.ts';
import { Root } from '../../../src/host/root.ts';
import { restore } from '../../../src/renew/backup/put-back-files.ts';
import type { StepContext } from '../../../src/renew/steps/actor.ts';
import { backup as backupActor } from '../../../src/renew/steps/backup.ts';
import { removeLeaves } from '../../../src/renew/steps/remove-leaves.ts';
import { issueAuthority } from '../../../testnode/pki.ts';

const TLS = '/tls';
const leaf: BrokenLeaf = { id: 'a', path: `${TLS}/a.crt`, keyPath: `${TLS}/a.key`, caPath: null };
const step = { kind: 'remove-leaves' as const, leaves: [leaf] };

async function ground(t: TestContext, files: Record<string, string>) {
  const directory = await mkdtemp(join(tmpdir(), 'certagent-leaves-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const root = new Root(directory);
  await mkdir(root.at(TLS));
  for (const [name, text] of Object.entries(files)) await writeFile(root.at(`${TLS}/${name}`), text);
  const saved = { kind: 'backup' as const, directory: '/b/p', files: [leaf.path, leaf.keyPath], directories: [TLS] };
  const plan: RenewalPlan = {
    id: 'p',
    createdAt: 0,
    distribution: 'k3s',
    certificates: ['a'],
    why: '',
    oldExpired: false,
    steps: [saved, step],
  };
  const context: StepContext = { root, plan, now: Date.now, backups: 1, pollInterval: 1, waiting: () => {} };
  await backupActor.act(saved, context);
  return { root, context, there: () => readdir(root.at(TLS)) };
}

describe('remove-leaves', () => {
  it('removes certificate and key, and its undo puts back what was there', async (t) => {
    const { root, context, there } = await ground(t, { 'a.crt': 'garbage', 'b.crt': 'b' });
    assert.equal(await removeLeaves.act(step, context), '1 file removed');
    assert.deepEqual(await there(), ['b.crt']);
    const undo = await removeLeaves.undo(step, context);
    assert.ok(undo.kind === 'restore');
    // What the start has issued meanwhile goes with it.
    await writeFile(root.at(leaf.keyPath), 'new');
    await restore(root, undo.backup, undo.files);
    assert.deepEqual((await there()).sort(), ['a.crt', 'b.crt']);
    assert.equal(await readFile(root.at(leaf.path), 'utf8'), 'garbage');
  });

  it('leaves a pair that is sound by now: the unit has issued it again', async (t) => {
    const { root, context, there } = await ground(t, { 'a.crt': 'garbage' });
    const now = Date.now();
    const pair = await issueAuthority({ commonName: 'a', notBefore: now, notAfter: now + DAY });
    await writeFile(root.at(leaf.path), pair.certificatePem);
    await writeFile(root.at(leaf.keyPath), pair.keyPem);
    assert.equal(await removeLeaves.act(step, context), 'nothing is broken any more');
    assert.deepEqual((await there()).sort(), ['a.crt', 'a.key']);
  });

  it('refuses a link in the place of either file, and removes nothing then', async (t) => {
    const { root, context, there } = await ground(t, { 'a.crt': 'garbage' });
    await symlink('/etc/passwd', root.at(leaf.keyPath));
    await assert.rejects(removeLeaves.act(step, context), { code: 'NOT_A_FILE' });
    assert.deepEqual((await there()).sort(), ['a.crt', 'a.key']);
  });

  it('refuses what the backup does not know', async (t) => {
    const { context, there } = await ground(t, { 'a.crt': 'garbage', 'c.crt': 'c' });
    const other = { ...leaf, path: '/elsewhere/c.crt' };
    await assert.rejects(removeLeaves.act({ ...step, leaves: [other] }, context), { code: 'BACKUP_DAMAGED' });
    assert.deepEqual((await there()).sort(), ['a.crt', 'c.crt']);
  });
});
