import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
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

test('a clock that is set back fires once, and the schedule goes by the new time', async (t) => {
  // The clock is shifted, timers are real: as where the operating system sets it.
  const System = Date;
  t.after(() => {
    globalThis.Date = System;
  });
  const setClock = (to: number) => {
    const shift = to - System.now();
    globalThis.Date = class extends System {
      constructor(...words: unknown[]) {
        super(...((words.length === 0 ? [System.now() + shift] : words) as [number]));
      }
      static override now() {
        return System.now() + shift;
      }
    } as DateConstructor;
  };
  setClock(Date.UTC(2028, 1, 1));
  const fired: string[] = [];
  const task = await schedule('*/5 * * * *', 'UTC', () => void fired.push(new Date().toISOString().slice(0, 16)), 100);
  await sleep(150);
  setClock(Date.UTC(2027, 0, 1, 0, 4, 57));
  await sleep(4_000);
  assert.deepEqual(fired, ['2027-01-01T00:04', '2027-01-01T00:05']);
  assert.equal(task.next(), Date.UTC(2027, 0, 1, 0, 10));
  task.stop();
});

test('faults are told by field', async () => {
  assert.deepEqual(await validateCron('0 */6 * * *'), []);
  assert.deepEqual(await validateCron('61 * * 13 *'), ['has a bad minute field', 'has a bad month field']);
  assert.deepEqual(await validateCron('* * 40 * 9'), ['has a bad day of month field', 'has a bad day of week field']);
  assert.deepEqual(await validateCron('@daily'), ['has 1 cron fields, wanted 5']);
});
