import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backOff, requestAgainAt } from '../../../src/domain/time/back-off.ts';
import { DAY, HOUR, MINUTE } from '../../../src/domain/time/duration.ts';
import { NOW } from '../../support/inventory.ts';

test('a request is tried again after an hour, then after longer and longer pauses, at most a day', () => {
  const after = (failures: number) => requestAgainAt({ failures, at: NOW }, NOW) - NOW;
  assert.deepEqual([1, 2, 3, 9].map(after), [HOUR, 2 * HOUR, 4 * HOUR, DAY]);
  assert.deepEqual(
    [requestAgainAt({ failures: 0, at: NOW }, NOW), requestAgainAt({ failures: 1, at: null }, NOW)],
    [0, 0],
  );
});

test('a failure in the future was noted under a wrong clock, and delays nothing', () => {
  assert.equal(requestAgainAt({ failures: 3, at: NOW + 1 }, NOW), 0);
});

test('however many failures there were, the pause is the longest at most', () => {
  const pace = { first: MINUTE, most: HOUR };
  assert.deepEqual(
    [1, 2, 7, 5_000].map((failures) => backOff(failures, pace)),
    [MINUTE, 2 * MINUTE, HOUR, HOUR],
  );
});
