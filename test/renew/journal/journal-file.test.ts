import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { JournalRecord } from '../../../src/domain/model/journal.ts';
import { Root } from '../../../src/host/root.ts';
import { JOURNAL_FILE, openJournal } from '../../../src/renew/journal/journal-file.ts';
import { lineOf } from '../../../src/renew/journal/journal-record.ts';

const done = (step: number, detail = ''): JournalRecord => ({ at: 1, type: 'step-done', planId: 'p', step, detail });

describe('journal', () => {
  let directory: string;
  let root: Root;
  let path: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'certagent-journal-'));
    root = new Root(directory);
    path = root.at(JOURNAL_FILE);
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const all = async (): Promise<JournalRecord[]> => {
    const journal = await openJournal(root);
    const records = await journal.records();
    await journal.close();
    return records;
  };

  it('keeps records in order, over a restart, for root only', async () => {
    const journal = await openJournal(root);
    await journal.append(done(0));
    await journal.append(done(1, 'ends 2027-11-24 – ✓'));
    await journal.close();
    assert.deepEqual(await all(), [done(0), done(1, 'ends 2027-11-24 – ✓')]);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.equal((await stat(join(path, '..'))).mode & 0o777, 0o700);
  });

  it('passes over a last line torn at any byte, and cuts it off before the next record', async () => {
    const journal = await openJournal(root);
    await journal.append(done(0));
    await journal.append(done(1, 'größer'));
    await journal.close();
    const whole = await readFile(path);
    const first = whole.indexOf(0x0a) + 1;
    for (let length = first; length < whole.length; length += 1) {
      await writeFile(path, whole.subarray(0, length));
      assert.deepEqual(await all(), [done(0)], `torn at byte ${length}`);
      const again = await openJournal(root);
      await again.append(done(2));
      assert.deepEqual(await again.records(), [done(0), done(2)], `torn at byte ${length}`);
      await again.close();
    }
  });

  it('passes over a last line of zeros, as some file systems leave after a power loss', async () => {
    const journal = await openJournal(root);
    await journal.append(done(0));
    await journal.close();
    const whole = await readFile(path);
    await writeFile(path, Buffer.concat([whole, Buffer.alloc(300)]));
    assert.deepEqual(await all(), [done(0)]);
  });

  it('refuses an unreadable line before the last, naming file and line', async () => {
    const journal = await openJournal(root);
    for (const step of [0, 1, 2]) await journal.append(done(step));
    await journal.close();
    const lines = (await readFile(path, 'utf8')).split('\n');
    await writeFile(path, [lines[0], 'not a record', lines[2], ''].join('\n'));
    await assert.rejects(openJournal(root), (error: { code: string; message: string }) => {
      assert.equal(error.code, 'JOURNAL_UNREADABLE');
      assert.match(error.message, /journal\.jsonl line 2 /);
      return true;
    });
  });

  const MEDDLING: Record<string, { meddle: () => Promise<unknown>; left: JournalRecord[] }> = {
    'its directory is removed': { meddle: () => rm(dirname(path), { recursive: true }), left: [done(0), done(1)] },
    'the file is removed': { meddle: () => rm(path), left: [done(0), done(1)] },
    'an older file takes its place': { meddle: () => replaceBy(lineOf(done(7))), left: [done(7)] },
    'an empty file takes its place': { meddle: () => replaceBy(''), left: [] },
    'it is emptied in its place': { meddle: () => truncate(path, 0), left: [] },
    'it is cut in the middle of a record': {
      meddle: () => truncate(path, lineOf(done(0)).length + 9),
      left: [done(0)],
    },
  };
  const replaceBy = async (text: string) => {
    await writeFile(`${path}.new`, text);
    await rename(`${path}.new`, path);
  };
  for (const [what, { meddle, left }] of Object.entries(MEDDLING))
    it(`writes where the next start reads, though ${what} while it is open`, async () => {
      const journal = await openJournal(root);
      await journal.append(done(0));
      await journal.append(done(1));
      await meddle();
      assert.deepEqual(await journal.records(), left);
      await journal.append(done(2));
      await journal.close();
      assert.deepEqual(await all(), [...left, done(2)]);
      assert.equal((await stat(path)).mode & 0o777, 0o600);
    });

  it('refuses a journal of many gigabytes, as a repaired file system can leave', async () => {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, '');
    await truncate(path, 40 * 1024 ** 3);
    await assert.rejects(openJournal(root), { code: 'JOURNAL_UNREADABLE' });
  });

  it('does not write into a file that is no journal', async () => {
    const journal = await openJournal(root);
    await journal.append(done(0));
    await replaceBy('nonsense\nnonsense\n');
    await assert.rejects(journal.append(done(1)), { code: 'JOURNAL_UNREADABLE' });
    await journal.close();
    assert.equal(await readFile(path, 'utf8'), 'nonsense\nnonsense\n');
  });
});
