import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextRun, nextRuns, schedule, validateCron } from '../../src/host/cron.ts';

test('runs follow the time zone', async () => {
  for (const at of await nextRuns('0 6 * * *', 'Asia/Kolkata', 3)) {
    assert.equal(new Date(at).toISOString().slice(11, 16), '00:30');
  }
});

test('a schedule tells when it fires next, and nothing more once it is stopped', async () => {
  const task = await schedule('0 0 1 1 *', 'UTC', () => assert.fail('it fired'));
  assert.equal(task.next(), await nextRun('0 0 1 1 *', 'UTC'));
  task.stop();
  assert.equal(task.next(), null);
});

test('faults are told by field', async () => {
  assert.deepEqual(await validateCron('0 */6 * * *'), []);
  assert.deepEqual(await validateCron('61 * * 13 *'), ['has a bad minute field', 'has a bad month field']);
  assert.deepEqual(await validateCron('* * 40 * 9'), ['has a bad day of month field', 'has a bad day of week field']);
  assert.deepEqual(await validateCron('@daily'), ['has 1 cron fields, wanted 5']);
});
