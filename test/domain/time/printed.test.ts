// Reports as -o json prints them: ISO 8601 in place of the numbers that certagent works with.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isoTime, printed, printedSchema } from '../../../src/domain/time/printed.ts';

const AT = Date.parse('2027-02-03T04:05:06.789Z');
const ISO = '2027-02-03T04:05:06Z';

test('instants are printed in ISO 8601, at any depth; other numbers stay numbers', () => {
  const report = {
    schema: 'certagent.status/v1',
    at: AT,
    nextCheckAt: null,
    certificates: [{ certificate: { notAfter: AT, chain: 2 }, decision: { until: null, opensAt: AT } }],
    lastAttempt: { granted: [{ id: 'apiserver', notAfter: AT }] },
    running: { step: 2, steps: 18 },
  };
  assert.deepEqual(printed(report), {
    schema: 'certagent.status/v2',
    at: ISO,
    nextCheckAt: null,
    certificates: [{ certificate: { notAfter: ISO, chain: 2 }, decision: { until: null, opensAt: ISO } }],
    lastAttempt: { granted: [{ id: 'apiserver', notAfter: ISO }] },
    running: { step: 2, steps: 18 },
  });
});

test('start and end are times in a window of the calendar, and minutes in the configuration of one', () => {
  assert.deepEqual(
    printed({ maintenance: { window: { start: 120, end: 300 }, next: { start: AT, end: AT, moment: AT } } }),
    { maintenance: { window: { start: 120, end: 300 }, next: { start: ISO, end: ISO, moment: ISO } } },
  );
});

test('text of others stays as it is, whatever its name', () => {
  const labels = { labels: { at: 'oslo', until: '1795823273' } };
  assert.deepEqual(printed(labels), labels);
  for (const value of [null, 'x', ['apiserver'], [{ since: 'x' }]]) assert.deepEqual(printed(value), value);
});

test('the version of the schema says which form it is; the output without times keeps its version', () => {
  assert.equal(printedSchema('certagent.plan/v1'), 'certagent.plan/v2');
  assert.equal(printedSchema('certagent.config/v1'), 'certagent.config/v1');
  assert.equal(printedSchema('certagent.status/v9'), 'certagent.status/v9');
});

test('every instant has the form that jq, strptime and Kubernetes read, and loses less than a second', () => {
  const first = Date.parse('0000-01-01T00:00:00Z');
  const last = Date.parse('9999-12-31T23:59:59Z');
  fc.assert(
    fc.property(fc.integer({ min: first, max: last }), (instant) => {
      const text = isoTime(instant)!;
      assert.match(text, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      assert.ok(instant - Date.parse(text) >= 0 && instant - Date.parse(text) < 1_000, text);
    }),
  );
  assert.equal(isoTime(8.64e15), '9999-12-31T23:59:59Z');
  assert.equal(isoTime(-8.64e15), '0000-01-01T00:00:00Z');
  assert.equal(isoTime(Number.POSITIVE_INFINITY), null);
  assert.equal(isoTime(Number.NaN), null);
});
