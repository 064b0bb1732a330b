// A maintenance window as a row of a table, and the test of each row.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MaintenanceWindow } from '../../../src/domain/model/decision.ts';
import { inMaintenance, nextMaintenance } from '../../../src/domain/time/windows.ts';

export type Row = [
  what: string,
  zone: string,
  from: string,
  to: string,
  days: number[],
  after: string,
  startInUtc: string,
  endInUtc: string,
];

/** For each row a test: the window that is open at `after`, or else the next one, in the row's zone. */
export function testNextWindows(table: Row[]): void {
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
}

export const EVERY_DAY = [0, 1, 2, 3, 4, 5, 6];

export function windowOf(timeZone: string, from: string, to: string, days = EVERY_DAY): MaintenanceWindow {
  const minutes = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
  return { days, start: minutes(from), end: minutes(to), timeZone };
}

export const at = (text: string) => Date.parse(text);
export const iso = (ms: number) => new Date(ms).toISOString().slice(0, 16);
