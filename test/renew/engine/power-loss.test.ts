// A power loss loses any part of what was not synced: the journal is cut at every byte.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { JournalRecord, Undo } from '../../../src/domain/model/journal.ts';
import type { RenewalPlan } from '../../../src/domain/model/plan.ts';
import { Root } from '../../../src/host/root.ts';
import { unfinishedRun } from '../../../src/renew/engine/recover.ts';
import { untoldOutcome } from '../../../src/renew/engine/untold.ts';
import { JOURNAL_FILE, openJournal } from '../../../src/renew/journal/journal-file.ts';

const at = 1;

/** A renewal that fails in its second step and is undone. */
function recordsOf(plan: RenewalPlan): JournalRecord[] {
  const planId = plan.id;
  const undo: Undo = { kind: 'restore', backup: '/var/lib/certagent/backups/x', files: ['/etc/kubernetes/admin.conf'] };
  const error = { code: 'KUBEADM_FAILED', message: 'kubeadm exited with 1: größer' };
  return [
    { at, type: 'plan-started', plan, trigger: 'schedule' },
    { at, type: 'step-started', planId, step: 0, undo: { kind: 'nothing' } },
    { at, type: 'step-done', planId, step: 0, detail: '3 files' },
    { at, type: 'step-started', planId, step: 1, undo },
    { at, type: 'step-failed', planId, step: 1, error },
    { at, type: 'undo-started', planId, step: 1, undo },
    { at, type: 'undo-done', planId, step: 1, error: null },
    { at, type: 'plan-ended', planId, result: 'rolled-back', error, granted: [] },
    { at, type: 'plan-told', planId },
  ];
}

describe('the journal after a power loss', () => {
  it('keeps the whole records before the cut, and appends after them, at every byte', async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'certagent-power-'));
    t.after(() => rm(directory, { recursive: true, force: true }));
    const golden = new URL('../../golden/plan-kubeadm.json', import.meta.url);
    const { plan } = JSON.parse(await readFile(golden, 'utf8')) as { plan: RenewalPlan };
    const records = recordsOf(plan);
    const root = new Root(directory);
    const path = root.at(JOURNAL_FILE);
    const journal = await openJournal(root);
    const ends: number[] = [];
    for (const record of records) {
      await journal.append(record);
      ends.push((await readFile(path)).length);
    }
    await journal.close();
    const whole = await readFile(path);

    for (let length = ends[0]!; length <= whole.length; length += 1) {
      await writeFile(path, whole.subarray(0, length));
      const cut = await openJournal(root);
      const left = await cut.records();
      const expected = ends.filter((end) => end <= length).length;
      assert.equal(left.length, expected, `cut at byte ${length}`);
      assert.deepEqual(left.at(-1), records[expected - 1]);

      const unfinished = unfinishedRun(left);
      assert.equal(unfinished === null, expected >= 8, `cut at byte ${length}`);
      // What was begun is undone; a failure stays one.
      if (unfinished !== null) {
        assert.equal(unfinished.run.undos.has(1), expected >= 4);
        assert.equal(unfinished.failure !== null, expected >= 5);
        assert.equal(unfinished.run.restoring, expected >= 6);
      }
      assert.equal(untoldOutcome(left) !== null, expected === 8);

      // The next record: behind each whole one, and behind torn ones of every tenth length.
      const goesOn = length % 10 === 0 || ends.includes(length);
      if (goesOn) await cut.append({ at, type: 'plan-told', planId: 'next' });
      await cut.close();
      if (!goesOn) continue;
      const last = (await readFile(path, 'utf8')).split('\n').at(-2);
      assert.deepEqual(JSON.parse(last ?? ''), { v: 1, at, type: 'plan-told', planId: 'next' });
    }
  });
});
