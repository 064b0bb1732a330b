// Upgrades and downgrades: what another version wrote is kept, reported and never undone by guessing.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { findBlockers } from '../../../src/domain/decide/blockers.ts';
import { historyOf } from '../../../src/domain/decide/history-of.ts';
import type { JournalRecord } from '../../../src/domain/model/journal.ts';
import { Root } from '../../../src/host/root.ts';
import { recover } from '../../../src/renew/engine/recover.ts';
import type { RenewContext } from '../../../src/renew/engine/renew-context.ts';
import { untoldOutcome } from '../../../src/renew/engine/untold.ts';
import { JOURNAL_FILE, openJournal } from '../../../src/renew/journal/journal-file.ts';
import { ACTORS } from '../../../src/renew/steps/actors.ts';
import { inventoryOf, policyOf } from '../../support/inventory.ts';

const at = 1;
const planId = 'plan-1';
const plan = {
  id: planId,
  createdAt: at,
  distribution: 'kubeadm',
  certificates: ['apiserver'],
  why: 'due',
  oldExpired: false,
  steps: [{ kind: 'backup', directory: '/b', files: [], directories: [] }],
};
const started = { v: 1, at, type: 'plan-started', plan, trigger: 'schedule' };
const step = { v: 1, at, type: 'step-started', planId, step: 0, undo: { kind: 'nothing' } };
const ended = { v: 1, at, type: 'plan-ended', planId, result: 'failed', error: null, granted: [] };
const without = ({ v: _v, ...rest }: Record<string, unknown>) => rest;

describe('a journal of another version', () => {
  let directory: string;
  let path: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'certagent-versions-'));
    path = new Root(directory).at(JOURNAL_FILE);
    await mkdir(dirname(path), { recursive: true });
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const open = async (lines: object[]) => {
    await writeFile(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    return openJournal(new Root(directory));
  };

  /** What this version does not know, and which words it names. */
  const UNKNOWN: [name: string, lines: object[], word: string][] = [
    ['a kind of step', [{ ...started, plan: { ...plan, steps: [{ kind: 'teleport' }] } }, step], 'teleport'],
    ['a distribution', [{ ...started, plan: { ...plan, distribution: 'another' } }, step], 'another'],
    [
      'a distribution, without a version',
      [without({ ...started, plan: { ...plan, distribution: 'another' } })],
      'another',
    ],
    ['a kind of undo', [started, { ...step, undo: { kind: 'snapshot', of: 'etcd' } }], 'snapshot'],
    ['a type', [started, step, { v: 1, at, type: 'plan-paused', planId }], 'plan-paused'],
    ['a type of a newer version', [started, { v: 7, at, type: 'plan-paused', planId }], 'plan-paused'],
    ['another shape of a newer version', [started, { ...step, v: 2, step: 'first' }], 'version 2'],
    ['another beginning', [{ v: 2, at, type: 'plan-started', plan: 5 }], 'version 2'],
  ];

  for (const [name, lines, word] of UNKNOWN) {
    it(`with ${name} is kept, its plan is not touched, and blocks renewals`, async () => {
      const journal = await open(lines);
      const before = await readFile(path, 'utf8');
      const records = await journal.records();
      assert.equal(records.length, lines.length);
      assert.ok(records.some((record) => record.type === 'unknown' && record.word === word));

      const context = {
        root: new Root(directory),
        journal,
        actors: ACTORS,
        now: () => at,
        progress: () => {},
        backups: 5,
      };
      assert.equal(await recover(context satisfies RenewContext), null);
      assert.equal(untoldOutcome(records), null);
      assert.equal(await readFile(path, 'utf8'), before);

      const known = { inventory: inventoryOf('kubeadm'), ids: [], policy: policyOf(), now: at };
      const blockers = findBlockers({ ...known, history: historyOf(records) });
      assert.deepEqual(
        blockers.map(({ code }) => code),
        ['PLAN_OF_ANOTHER_VERSION'],
      );
      assert.match(blockers[0]?.why ?? '', new RegExp(word));

      // The version that wrote it finishes it: nothing blocks any more, and its records stay.
      await journal.append(without(ended) as JournalRecord);
      const after = await journal.records();
      await journal.close();
      assert.equal(after.length, lines.length + 1);
      assert.deepEqual(findBlockers({ ...known, history: historyOf(after) }), []);
    });
  }

  it('without versions is read, and continued with versions', async () => {
    const journal = await open([without(started), without(step)]);
    assert.deepEqual(await journal.records(), [without(started), without(step)]);
    await journal.append(without(ended) as JournalRecord);
    await journal.close();
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
    assert.deepEqual(
      lines.map((line) => JSON.parse(line).v),
      [undefined, undefined, 1],
    );
  });

  /** With a newline: it is not torn, whatever it is. */
  const UNREADABLE: [name: string, line: string][] = [
    ['neither version nor known type', JSON.stringify({ at, type: 'plan-paused', planId })],
    ['no type', JSON.stringify({ v: 1, at })],
    ['no object', '5'],
    ['a known type in another shape', JSON.stringify({ ...step, step: 'first' })],
    ['the same without a version', JSON.stringify(without({ ...step, step: 'first' }))],
    ['a version that is none', JSON.stringify({ ...step, v: 'one' })],
    ['a step that the plan has not', JSON.stringify({ ...step, step: 3 })],
  ];

  for (const [name, line] of UNREADABLE) {
    it(`with ${name} in its last line is refused, not cut`, async () => {
      const text = `${JSON.stringify(started)}\n${line}\n`;
      await writeFile(path, text);
      await assert.rejects(openJournal(new Root(directory)), { code: 'JOURNAL_UNREADABLE', message: /line 2 / });
      assert.equal(await readFile(path, 'utf8'), text);
    });
  }

  for (const torn of ['{"v":1,"at":1,"type":"step-st', '\0\0\0\0', '\0\0\0"at":1}\n', JSON.stringify(step)]) {
    it(`torn in its last line is cut: ${JSON.stringify(torn).slice(0, 40)}`, async () => {
      await writeFile(path, `${JSON.stringify(started)}\n${torn}`);
      const journal = await openJournal(new Root(directory));
      assert.deepEqual(await journal.records(), [without(started)]);
      await journal.append(without(step) as JournalRecord);
      assert.deepEqual(await journal.records(), [without(started), without(step)]);
      await journal.close();
    });
  }
});
