import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { removeAgedBackups } from '../../../src/daemon/backup-age.ts';
import type { View } from '../../../src/daemon/view.ts';
import { BACKUPS_DIR } from '../../../src/domain/plan/planner.ts';
import { DAY } from '../../../src/domain/time/duration.ts';
import { Root } from '../../../src/host/root.ts';
import { removeBeyond } from '../../../src/renew/backup/old-backups.ts';

const NOW = 1_000 * DAY;

/** Backups by name, each so many days old; "other" is a directory of somebody else's. */
async function backups(t: { after(clean: () => Promise<void>): void }, ages: Record<string, number>) {
  const directory = await mkdtemp(join(tmpdir(), 'certagent-old-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const root = new Root(directory);
  const at = root.at(BACKUPS_DIR);
  for (const [name, age] of Object.entries(ages)) {
    await mkdir(join(at, name), { recursive: true });
    const manifest = { version: 1, planId: name, createdAt: NOW - age * DAY, files: [], links: [], absent: [] };
    await writeFile(join(at, name, 'manifest.json'), JSON.stringify(manifest));
  }
  await mkdir(join(at, 'other'));
  await mkdir(join(at, 'half.partial'));
  return { root, at, left: async () => (await readdir(at)).sort() };
}

const view = (last: object | null, doubt: string | null = null) =>
  ({
    inventory: { takenAt: NOW, clock: { doubt } },
    history: { attempts: last === null ? [] : [{ planId: 'c', ...last }] },
  }) as unknown as View;
const config = { renew: { backup_days: 90 } } as never;
const AGES = { a: 91, b: 89, c: 200, d: 300 };

const CASES: [string, View, string[]][] = [
  ['those that are too old go', view(null), ['b', 'other']],
  ['that of an unfinished plan stays', view({ result: 'unfinished' }), ['b', 'c', 'other']],
  [
    'so does the one that an unfinished plan restores',
    view({ result: 'unfinished', restores: 'd' }),
    ['b', 'c', 'd', 'other'],
  ],
  ['a plan that has ended needs none', view({ result: 'succeeded', restores: 'd' }), ['b', 'other']],
  ['a doubtful clock removes nothing', view(null, 'wrong'), ['a', 'b', 'c', 'd', 'half.partial', 'other']],
];

for (const [what, seen, left] of CASES) {
  test(`the age of backups: ${what}`, async (t) => {
    const made = await backups(t, AGES);
    await removeAgedBackups(made.root, config, seen);
    assert.deepEqual(await made.left(), left);
  });
}

test('the number of backups: never the one that is being restored', async (t) => {
  const { at, left } = await backups(t, { a: 3, b: 2, c: 1, new: 0 });
  await removeBeyond(join(at, 'new'), 2, join(at, 'a'));
  assert.deepEqual(await left(), ['a', 'c', 'new', 'other']);
});

test('where there are no backups, nothing happens', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'certagent-old-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  await removeAgedBackups(new Root(directory), config, view(null));
  assert.deepEqual(await readdir(directory), []);
});
