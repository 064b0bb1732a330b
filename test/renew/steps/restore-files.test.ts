// The step that puts a backup's certificates back: interrupted, repeated, undone, and beside somebody who changes the same files.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { RenewalPlan } from '../../../src/domain/model/plan.ts';
import type { StepOf } from '../../../src/domain/plan/steps/step-rules.ts';
import { DAY } from '../../../src/domain/time/duration.ts';
import { Root } from '../../../src/host/root.ts';
import { sha256 } from '../../../src/renew/backup/backup-manifest.ts';
import { makeBackup } from '../../../src/renew/backup/make-backup.ts';
import type { StepContext } from '../../../src/renew/steps/actor.ts';
import { restoreFiles } from '../../../src/renew/steps/restore-files.ts';
import { putBack, type Traces } from '../../../src/renew/undo/guard.ts';
import { issueAuthority, issueCertificate } from '../../../testnode/pki.ts';

const [CRT, KEY, CONF] = ['/pki/a.crt', '/pki/a.key', '/scheduler.conf'];
const FILES = [KEY, CRT, CONF];
const [OLD, NEW] = ['/var/lib/certagent/backups/old', '/var/lib/certagent/backups/new'];

const times = { notBefore: Date.now() - DAY, notAfter: Date.now() + DAY };
const ca = await issueAuthority({ commonName: 'ca', ...times });
const pair = () => issueCertificate({ ca, subject: { commonName: 'a' }, sans: [], usages: ['client'], ...times });
const [before, renewed] = [await pair(), await pair()];

/** A node with the backup of what was before its renewal, and with that of what the restore replaces. */
async function node(t: { after(clean: () => Promise<void>): void }) {
  const directory = await mkdtemp(join(tmpdir(), 'certagent-restore-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const root = new Root(directory);
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(root.at(path)), { recursive: true });
    await writeFile(root.at(path), text);
  };
  const contents = (of: typeof before, name: string) => ({ [CRT]: of.certificatePem, [KEY]: of.keyPem, [CONF]: name });
  const [old, now] = [contents(before, 'old'), contents(renewed, 'new')];
  const context = (plan: RenewalPlan): StepContext => ({
    ...{ root, plan, now: Date.now, backups: 5, pollInterval: 1 },
    waiting: () => {},
  });
  const backUp = async (to: string, texts: Record<string, string>): Promise<void> => {
    for (const [path, text] of Object.entries(texts)) await write(path, text);
    const step = { kind: 'backup' as const, directory: to, files: FILES, directories: [] };
    await makeBackup(step, context({ id: to, steps: [] } as unknown as RenewalPlan));
  };
  await backUp(OLD, old);
  await backUp(NEW, now);
  const file = (path: string) => ({ path, sha256: sha256(old[path]!), was: sha256(now[path]!) });
  const step: StepOf<'restore-files'> = {
    kind: 'restore-files',
    backup: OLD,
    pairs: [
      { id: 'a', notAfter: times.notAfter, files: [file(KEY), file(CRT)] },
      { id: 'scheduler.conf', notAfter: times.notAfter, files: [file(CONF)] },
    ],
  };
  const backup = { kind: 'backup', directory: NEW, files: FILES, directories: [] };
  const plan = { id: 'p', steps: [backup, step], restores: 'old' } as unknown as RenewalPlan;
  const read = async () => Promise.all(FILES.map((path) => readFile(root.at(path), 'utf8')));
  const of = (texts: Record<string, string>) => FILES.map((path) => texts[path]);
  return { root, write, read, step, plan, old: of(old), now: of(now), context: context(plan) };
}

test('every pair is put back; a second run has nothing to do', async (t) => {
  const { step, context, read, old } = await node(t);
  assert.equal(await restoreFiles.isDone(step, context), null);
  assert.equal(await restoreFiles.act(step, context), '3 files put back');
  assert.deepEqual(await read(), old);
  assert.equal(await restoreFiles.isDone(step, context), 'restored already');
});

test('killed between a key and its certificate, the rest follows', async (t) => {
  const { step, context, read, write, old } = await node(t);
  await write(KEY, old[0]!);
  assert.equal(await restoreFiles.mayGoOn?.(step, context), true);
  assert.equal(await restoreFiles.isDone(step, context), null);
  assert.equal(await restoreFiles.act(step, context), '2 files put back');
  assert.deepEqual(await read(), old);
});

test('what somebody has changed since the plan was made is not overwritten, nor is its pair', async (t) => {
  const { step, context, read, write, now } = await node(t);
  await write(CRT, 'theirs');
  assert.equal(await restoreFiles.mayGoOn?.(step, context), false);
  await assert.rejects(restoreFiles.act(step, context), {
    code: 'CHANGED_SINCE',
    message: /changed \/pki\/a\.crt since/,
  });
  assert.deepEqual(await read(), [now[0], 'theirs', now[2]]);
});

test('a certificate that has expired since the plan was made is not restored', async (t) => {
  const { step, context, read, now } = await node(t);
  const late = { ...context, now: () => times.notAfter };
  assert.equal(await restoreFiles.mayGoOn?.(step, late), false);
  await assert.rejects(restoreFiles.act(step, late), { code: 'RESTORE_EXPIRED' });
  assert.deepEqual(await read(), now);
});

/** Whatever the step had done: the undo brings back what the restore replaced, and leaves what others have changed. */
const UNDONE: [what: string, theirs: string[], left: string[]][] = [
  ['nobody else was there', [], []],
  ['somebody changed the key', [KEY], [KEY, CRT]],
  ['somebody changed a kubeconfig', [CONF], [CONF]],
];
for (const restored of [[], [KEY], [KEY, CRT], FILES])
  for (const [what, theirs, left] of UNDONE)
    test(`the undo after ${restored.length} of 3 files: ${what}`, async (t) => {
      const { root, step, plan, context, read, write, old, now } = await node(t);
      for (const path of restored) await write(path, old[FILES.indexOf(path)]!);
      for (const path of theirs) await write(path, 'theirs');
      // What the executor takes after a failure holds somebody else's content, too.
      const recorded = new Map(FILES.map((path) => [path, sha256('theirs')]));
      const undo = await restoreFiles.undo(step, context);
      const traces: Traces = {
        plan,
        undos: new Map([[1, undo]]),
        left: recorded,
        writtenUntil: Number.POSITIVE_INFINITY,
      };
      const done = await putBack(root, NEW, FILES, traces);
      const foreign = left.filter((path) => theirs.includes(path) || restored.includes(path));
      assert.deepEqual(done.left.sort(), foreign.sort());
      const expected = FILES.map((path, at) =>
        theirs.includes(path) ? 'theirs' : foreign.includes(path) ? old[at] : now[at],
      );
      assert.deepEqual(await read(), expected);
    });
