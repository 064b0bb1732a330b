import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { apart, BOUNDS, bucketsOf, canTellApart, cumulativeOf } from '../../../src/domain/plan/expiration-buckets.ts';
import { DAY, HOUR, MINUTE } from '../../../src/domain/time/duration.ts';
import { NOW } from '../../support/inventory.ts';

const at = { from: NOW, to: NOW + 6 * MINUTE };
const buckets = (left: number) => [...bucketsOf([NOW + left], BOUNDS, at.from, at.to)];

test('a certificate is counted in the bucket of the time that it has left', () => {
  assert.deepEqual(buckets(25 * DAY), [2_592_000]);
  assert.deepEqual(buckets(60 * DAY), [7_776_000]);
  assert.deepEqual(buckets(365 * DAY), [Number.POSITIVE_INFINITY]);
  assert.deepEqual(buckets(-DAY), [0]);
  // About to pass from one to the next.
  assert.deepEqual(buckets(30 * DAY + 3 * MINUTE), [2_592_000, 7_776_000]);
  assert.deepEqual(bucketsOf([], BOUNDS, NOW, NOW), new Set());
});

test('certificates that expire at about the same time cannot be told apart', () => {
  assert.ok(canTellApart([NOW + 60 * DAY], [NOW + 365 * DAY], BOUNDS, at));
  assert.ok(!canTellApart([NOW + 10 * DAY], [NOW + 29 * DAY], BOUNDS, at));
  assert.ok(!canTellApart([NOW + HOUR], [NOW + HOUR + MINUTE], BOUNDS, at));
});

test('each time that is left has a bucket, and two at most where it is no longer than the margin', () => {
  fc.assert(
    fc.property(fc.integer({ min: -DAY, max: 4_000 * DAY }), (left) => {
      const found = buckets(left);
      return found.length >= 1 && found.includes(BOUNDS.find((bound) => left / 1_000 <= bound)!);
    }),
  );
});

test('the lines of the histogram, and no others', () => {
  const line = (le: string, count: string) =>
    cumulativeOf(`apiserver_client_certificate_expiration_seconds_bucket{le="${le}"} ${count}`);
  assert.deepEqual(line('2.592e+06', '12'), { bound: 2_592_000, count: 12 });
  assert.deepEqual(line('+Inf', '3e+06'), { bound: Number.POSITIVE_INFINITY, count: 3_000_000 });
  for (const bad of [line('x', '1'), line('1800', 'NaN'), cumulativeOf('apiserver_request_total 1'), cumulativeOf('')])
    assert.equal(bad, null);
});

test('each bucket by itself', () => {
  const cumulative = [
    { bound: Number.POSITIVE_INFINITY, count: 10 },
    { bound: 0, count: 1 },
    { bound: 1_800, count: 4 },
  ];
  assert.deepEqual(apart(cumulative), [
    { bound: 0, count: 1 },
    { bound: 1_800, count: 3 },
    { bound: Number.POSITIVE_INFINITY, count: 6 },
  ]);
});
