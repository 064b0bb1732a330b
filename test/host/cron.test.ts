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

test('it fires when the expression says, and once for all that a suspended machine slept through', async (t) => {
  t.mock.timers.enable({ apis: ['Date', 'setTimeout'], now: Date.UTC(2027, 0, 1) });
  const fired: number[] = [];
  const task = await schedule('*/5 * * * *', 'UTC', () => void fired.push(Date.now()));
  const pass = async (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      t.mock.timers.tick(1_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await pass(11 * 60);
  assert.deepEqual(fired, [Date.UTC(2027, 0, 1, 0, 5), Date.UTC(2027, 0, 1, 0, 10)]);
  t.mock.timers.setTime(Date.UTC(2027, 0, 1, 3, 2));
  await pass(3);
  assert.equal(fired.length, 3);
  assert.equal(task.next(), Date.UTC(2027, 0, 1, 3, 5));
  task.stop();
  await pass(5 * 60);
  assert.equal(fired.length, 3);
});

test('faults are told by field', async () => {
  assert.deepEqual(await validateCron('0 */6 * * *'), []);
  assert.deepEqual(await validateCron('61 * * 13 *'), ['has a bad minute field', 'has a bad month field']);
  assert.deepEqual(await validateCron('* * 40 * 9'), ['has a bad day of month field', 'has a bad day of week field']);
  assert.deepEqual(await validateCron('@daily'), ['has 1 cron fields, wanted 5']);
});
