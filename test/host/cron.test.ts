import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cronIn, nextRuns, validateCron } from '../../src/host/cron.ts';

test('runs follow the time zone', async () => {
  for (const at of await nextRuns('0 6 * * *', 'Asia/Kolkata', 3)) {
    assert.equal(new Date(at).toISOString().slice(11, 16), '00:30');
  }
});

test('the next run is computed anew each time, from the clock of that moment', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.UTC(2027, 0, 1) });
  const next = await cronIn('*/5 * * * *', 'UTC');
  assert.equal(next(), Date.UTC(2027, 0, 1, 0, 5));
  t.mock.timers.setTime(Date.UTC(2026, 5, 1, 3, 2));
  assert.equal(next(), Date.UTC(2026, 5, 1, 3, 5));
});

test('a run that the change to summer time skips takes place all the same, and none takes place twice', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.UTC(2027, 2, 27, 12) });
  const runs = await nextRuns('30 2 * * *', 'Europe/Berlin', 3);
  assert.equal(new Set(runs.map((at) => new Date(at).toISOString().slice(0, 10))).size, runs.length);
  t.mock.timers.setTime(Date.UTC(2027, 9, 30, 12));
  const autumn = await nextRuns('30 2 * * *', 'Europe/Berlin', 2);
  assert.ok(autumn[1]! - autumn[0]! > 20 * 3_600_000, autumn.map((at) => new Date(at).toISOString()).join());
});

test('faults are reported by field', async () => {
  assert.deepEqual(await validateCron('0 */6 * * *'), []);
  assert.deepEqual(await validateCron('61 * * 13 *'), ['has an invalid minute field', 'has an invalid month field']);
  assert.deepEqual(await validateCron('* * 40 * 9'), [
    'has an invalid day of month field',
    'has an invalid day of week field',
  ]);
  assert.deepEqual(await validateCron('@daily'), ['has 1 cron field instead of 5']);
});
