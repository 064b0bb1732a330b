import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { MaintenanceWindow } from '../../src/domain/decision.ts';
import { DAY, HOUR, MINUTE } from '../../src/domain/duration.ts';
import { inMaintenance, nextMaintenance } from '../../src/domain/windows.ts';

const EVERY_DAY = [0, 1, 2, 3, 4, 5, 6];

function windowOf(timeZone: string, from: string, to: string, days = EVERY_DAY): MaintenanceWindow {
  const minutes = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
  return { days, start: minutes(from), end: minutes(to), timeZone };
}

const at = (text: string) => Date.parse(text);
const iso = (ms: number) => new Date(ms).toISOString().slice(0, 16);

// [what, zone, from, to, days, after, expected start and end in UTC]
const table: [string, string, string, string, number[], string, string, string][] = [
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
    'Berlin, spring: begins inside of the gap',
    'Europe/Berlin',
    '02:00',
    '05:00',
    EVERY_DAY,
    '2026-03-28T12:00Z',
    '2026-03-29T01:00',
    '2026-03-29T03:00',
  ],
  [
    'Berlin, spring: ends inside of the gap',
    'Europe/Berlin',
    '01:00',
    '02:30',
    EVERY_DAY,
    '2026-03-28T12:00Z',
    '2026-03-29T00:00',
    '2026-03-29T01:00',
  ],
  [
    'Berlin, spring: swallowed by the gap',
    'Europe/Berlin',
    '02:00',
    '03:00',
    EVERY_DAY,
    '2026-03-28T12:00Z',
    '2026-03-30T00:00',
    '2026-03-30T01:00',
  ],
  [
    'Berlin, spring: a week without',
    'Europe/Berlin',
    '02:00',
    '03:00',
    [0],
    '2026-03-28T12:00Z',
    '2026-04-05T00:00',
    '2026-04-05T01:00',
  ],
  [
    'Berlin, autumn: around the fold',
    'Europe/Berlin',
    '02:00',
    '05:00',
    EVERY_DAY,
    '2026-10-24T12:00Z',
    '2026-10-25T01:00',
    '2026-10-25T04:00',
  ],
  [
    'Berlin, autumn: begins inside of the fold',
    'Europe/Berlin',
    '02:30',
    '05:00',
    EVERY_DAY,
    '2026-10-24T12:00Z',
    '2026-10-25T01:30',
    '2026-10-25T04:00',
  ],
  [
    'Berlin, autumn: ends inside of the fold',
    'Europe/Berlin',
    '01:00',
    '02:30',
    EVERY_DAY,
    '2026-10-24T12:00Z',
    '2026-10-24T23:00',
    '2026-10-25T00:30',
  ],
  [
    'Berlin, autumn: inside of the fold',
    'Europe/Berlin',
    '02:15',
    '02:45',
    EVERY_DAY,
    '2026-10-24T12:00Z',
    '2026-10-25T01:15',
    '2026-10-25T01:45',
  ],
  [
    'Berlin, autumn: a whole day has 25 hours',
    'Europe/Berlin',
    '00:00',
    '00:00',
    EVERY_DAY,
    '2026-10-25T12:00Z',
    '2026-10-24T22:00',
    '2026-10-25T23:00',
  ],
  [
    'Berlin, autumn: whole days meet inside of the fold',
    'Europe/Berlin',
    '02:30',
    '02:30',
    EVERY_DAY,
    '2026-10-25T00:45Z',
    '2026-10-24T00:30',
    '2026-10-25T01:30',
  ],
  [
    'Lord Howe, spring: half an hour is missing',
    'Australia/Lord_Howe',
    '02:00',
    '05:00',
    EVERY_DAY,
    '2026-10-03T10:00Z',
    '2026-10-03T15:30',
    '2026-10-03T18:00',
  ],
  [
    'Lord Howe, autumn: half an hour twice',
    'Australia/Lord_Howe',
    '01:45',
    '05:00',
    EVERY_DAY,
    '2026-04-04T10:00Z',
    '2026-04-04T15:15',
    '2026-04-04T18:30',
  ],
  [
    'Santiago, autumn: the fold is before midnight',
    'America/Santiago',
    '23:30',
    '01:00',
    EVERY_DAY,
    '2026-04-04T20:00Z',
    '2026-04-05T03:30',
    '2026-04-05T05:00',
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

for (const [what, zone, from, to, days, after, start, end] of table) {
  test(`the next maintenance window: ${what}`, () => {
    const window = windowOf(zone, from, to, days);
    const next = nextMaintenance(window, at(after), 0)!;
    assert.deepEqual([iso(next.start), iso(next.end)], [start, end]);
    assert.equal(next.moment, next.start);
    assert.equal(inMaintenance(window, at(after)), next.start <= at(after));
    assert.ok(inMaintenance(window, next.start));
    assert.ok(inMaintenance(window, next.end - 1));
  });
}

test('there is no window where none is configured', () => {
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

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/Santiago',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Africa/Casablanca',
  'Pacific/Kiritimati',
  'Pacific/Chatham',
  'Etc/GMT+12',
];

const anyWindow = fc.record({
  days: fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 1 }),
  start: fc.integer({ min: 0, max: 1439 }),
  end: fc.integer({ min: 0, max: 1439 }),
  timeZone: fc.constantFrom(...ZONES),
});
const anyInstant = fc.integer({ min: at('2025-01-01T00:00Z'), max: at('2028-01-01T00:00Z') });
const anyDelay = fc.double({ min: 0, max: 0.999999, noNaN: true });

/** Local weekday and minutes, asked of Intl in another way than the product does. */
function local(timeZone: string, instant: number): { day: number; minutes: number } {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(instant);
  const part = (type: string) => parts.find((one) => one.type === type)!.value;
  const day = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'].indexOf(part('weekday'));
  return { day, minutes: Number(part('hour')) * 60 + Number(part('minute')) };
}

function wallClockIsInside(window: MaintenanceWindow, instant: number): boolean {
  const { day, minutes } = local(window.timeZone, instant);
  const { days, start, end } = window;
  const today = days.includes(day) && minutes >= start && (end <= start || minutes < end);
  const sinceYesterday = days.includes((day + 6) % 7) && end <= start && minutes < end;
  return today || sinceYesterday;
}

test('the moment of a node is inside the window by the clock on the wall, in every zone and season', () => {
  fc.assert(
    fc.property(anyWindow, anyInstant, anyDelay, (window, after, delay) => {
      const next = nextMaintenance(window, after, delay)!;
      assert.ok(next.end > after);
      assert.ok(next.start <= next.moment && next.moment < next.end);
      for (const instant of [next.start, next.moment, next.end - 1]) {
        assert.ok(
          wallClockIsInside(window, instant),
          `${iso(instant)} ${JSON.stringify(local(window.timeZone, instant))}`,
        );
        assert.ok(inMaintenance(window, instant));
      }
    }),
    { numRuns: 500 },
  );
});

test('no window is passed over, but for the repeated minutes of an autumn fold', () => {
  fc.assert(
    fc.property(anyWindow, anyInstant, (window, instant) => {
      const inside = wallClockIsInside(window, instant);
      if (inMaintenance(window, instant)) assert.ok(inside);
      else if (inside) {
        // In a fold the same wall time comes again, or came before, within the hour.
        const twin = [-HOUR, -30 * MINUTE, 30 * MINUTE, HOUR].some((shift) => {
          const here = local(window.timeZone, instant);
          const there = local(window.timeZone, instant + shift);
          return Math.abs(shift) !== Math.abs(there.minutes - here.minutes) * MINUTE || there.day !== here.day;
        });
        assert.ok(twin, iso(instant));
      }
    }),
    { numRuns: 500 },
  );
});

test('windows follow one another: asking at the end of one gives the next', () => {
  fc.assert(
    fc.property(anyWindow, anyInstant, (window, after) => {
      const first = nextMaintenance(window, after, 0)!;
      const second = nextMaintenance(window, first.end, 0)!;
      assert.ok(second.start >= first.end);
      assert.ok(second.start - first.start <= 14 * DAY + HOUR);
    }),
    { numRuns: 200 },
  );
});
