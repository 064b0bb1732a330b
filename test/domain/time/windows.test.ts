import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inMaintenance, nextMaintenance } from '../../../src/domain/time/windows.ts';
import { at, EVERY_DAY, iso, type Row, testNextWindows, windowOf } from './window-parts.ts';

const table: Row[] = [
  [
    'a day without a change',
    'UTC',
    '02:00',
    '05:00',
    EVERY_DAY,
    '2026-03-03T12:00Z',
    '2026-03-04T02:00',
    '2026-03-04T05:00',
  ],
  [
    'the window one is in',
    'UTC',
    '02:00',
    '05:00',
    EVERY_DAY,
    '2026-03-03T04:59Z',
    '2026-03-03T02:00',
    '2026-03-03T05:00',
  ],
  [
    'its end is outside',
    'UTC',
    '02:00',
    '05:00',
    EVERY_DAY,
    '2026-03-03T05:00Z',
    '2026-03-04T02:00',
    '2026-03-04T05:00',
  ],
  [
    'over midnight, before it',
    'UTC',
    '22:00',
    '04:00',
    EVERY_DAY,
    '2026-03-03T12:00Z',
    '2026-03-03T22:00',
    '2026-03-04T04:00',
  ],
  [
    'over midnight, after it',
    'UTC',
    '22:00',
    '04:00',
    EVERY_DAY,
    '2026-03-04T01:00Z',
    '2026-03-03T22:00',
    '2026-03-04T04:00',
  ],
  [
    'Saturday only, which lasts into Sunday',
    'UTC',
    '22:00',
    '04:00',
    [6],
    '2026-03-08T03:00Z',
    '2026-03-07T22:00',
    '2026-03-08T04:00',
  ],
  [
    'Saturday only, on Sunday morning',
    'UTC',
    '22:00',
    '04:00',
    [6],
    '2026-03-08T04:00Z',
    '2026-03-14T22:00',
    '2026-03-15T04:00',
  ],
  ['whole days', 'UTC', '00:00', '00:00', EVERY_DAY, '2026-03-03T12:00Z', '2026-03-03T00:00', '2026-03-04T00:00'],
  [
    'whole days that begin late',
    'UTC',
    '23:00',
    '23:00',
    EVERY_DAY,
    '2026-03-03T12:00Z',
    '2026-03-02T23:00',
    '2026-03-03T23:00',
  ],
  [
    '14 hours ahead',
    'Pacific/Kiritimati',
    '02:00',
    '05:00',
    [3],
    '2026-03-02T00:00Z',
    '2026-03-03T12:00',
    '2026-03-03T15:00',
  ],
  ['12 hours behind', 'Etc/GMT+12', '02:00', '05:00', [3], '2026-03-02T00:00Z', '2026-03-04T14:00', '2026-03-04T17:00'],
  [
    'Apia left out a day',
    'Pacific/Apia',
    '02:00',
    '05:00',
    EVERY_DAY,
    '2011-12-29T20:00Z',
    '2011-12-30T12:00',
    '2011-12-30T15:00',
  ],
];

testNextWindows(table);

test('no window without a configured one', () => {
  const none = windowOf('UTC', '02:00', '05:00', []);
  assert.equal(nextMaintenance(none, at('2026-03-03T12:00Z'), 0), null);
  assert.equal(inMaintenance(none, at('2026-03-03T03:00Z')), false);
});

test('the nodes spread over the window and leave its last part free', () => {
  const after = at('2026-03-03T12:00Z');
  const moment = (to: string, delay: number) =>
    iso(nextMaintenance(windowOf('UTC', '02:00', to), after, delay)!.moment);
  assert.equal(moment('05:00', 0), '2026-03-04T02:00');
  assert.equal(moment('05:00', 0.5), '2026-03-04T03:07');
  assert.equal(moment('05:00', 0.999999), '2026-03-04T04:14');
  assert.equal(moment('11:00', 0.999999), '2026-03-04T09:59');
});
