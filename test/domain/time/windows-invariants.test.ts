import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { MaintenanceWindow } from '../../../src/domain/model/decision.ts';
import { DAY, HOUR, MINUTE } from '../../../src/domain/time/duration.ts';
import { inMaintenance, nextMaintenance } from '../../../src/domain/time/windows.ts';
import { at, iso } from './window-parts.ts';

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

test('no window is skipped, except in the repeated hour when summer time ends', () => {
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

test('windows follow one another: when one closes, the next one is named', () => {
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
