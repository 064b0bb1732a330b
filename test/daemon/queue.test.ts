import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeQueue } from '../../src/daemon/queue.ts';

test('requests while one runs share one more run, and nothing overlaps', async () => {
  let runs = 0;
  let inside = 0;
  const queue = makeQueue(async () => {
    assert.equal(++inside, 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    inside--;
    return ++runs;
  });
  const first = queue.request();
  await new Promise((resolve) => setTimeout(resolve, 5));
  const later = Array.from({ length: 10 }, () => queue.request());
  const other = queue.exclusive(async () => {
    assert.equal(inside, 0);
    return 'other';
  });
  assert.equal(await first, 1);
  assert.deepEqual(await Promise.all(later), Array(10).fill(2));
  assert.equal(await other, 'other');
  await queue.idle();
  assert.equal(runs, 2);
});

test('a task that fails fails its requests and no later one', async () => {
  let fail = true;
  const queue = makeQueue(async () => {
    if (fail) throw new Error('first');
    return 'second';
  });
  await assert.rejects(queue.request(), /first/);
  fail = false;
  assert.equal(await queue.request(), 'second');
});
