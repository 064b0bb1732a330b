import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { alarms, isHidden, lowerLimit, parseRange } from '../../../src/domain/fleet/range.ts';

/** A range, values that alarm, values that do not, its lower limit. */
const RANGES: [text: string, alarm: number[], fine: number[], lower: number | null][] = [
  ['10', [-1, 9.9], [10, 400], 10],
  ['10:', [-1, 9], [10, 400], 10],
  ['7.5', [7.4], [7.5], 7.5],
  ['-1:', [-2], [-1, 0], -1],
  [':10', [-1, 11], [0, 10], null],
  ['~:10', [11], [-5, 10], null],
  ['10:20', [9, 21], [10, 15, 20], null],
  ['@10:20', [10, 15, 20], [9, 21], null],
  ['@10', [0, 10], [-1, 11], null],
  ['@~:10', [-3, 10], [11], null],
  ['~:', [], [-9, 0, 400], null],
];

for (const [text, alarm, fine, lower] of RANGES)
  test(`the range ${text}`, () => {
    const range = parseRange(text);
    assert.ok(range !== null);
    for (const value of alarm) assert.ok(alarms(range, value), `${value} alarms`);
    for (const value of fine) assert.ok(!alarms(range, value), `${value} is fine`);
    assert.equal(lowerLimit(range), lower);
  });

test('what is not a range', () => {
  for (const text of ['', '@', ':', '20:10', 'x', '10:20:30', '~', '10:~', '1e3', '10 : 20', '@@1', '--1', '١'])
    assert.equal(text === ':' ? null : parseRange(text), null, text);
});

const HIDDEN: [warning: string, critical: string, hidden: boolean][] = [
  ['30', '7', false],
  ['7', '7', false],
  ['5', '10', true],
  ['5:', '10', true],
  ['~:10', '~:20', false],
  ['~:20', '~:10', true],
  ['@10:20', '@0:10', false],
  ['@5:8', '@0:10', true],
  ['10:20', '5:30', false],
  ['5:30', '10:20', true],
  ['~:', '7', true],
  ['7', '~:', false],
  ['~:', '~:', false],
];

for (const [warning, critical, hidden] of HIDDEN)
  test(`-w ${warning} -c ${critical}: the warning ${hidden ? 'is never seen' : 'can be seen'}`, () => {
    assert.equal(isHidden(parseRange(warning)!, parseRange(critical)!), hidden);
  });

test('a hidden warning never alarms where the critical range does not', () => {
  const bound = fc.integer({ min: -20, max: 20 });
  const range = fc.tuple(bound, bound, fc.boolean()).map(([a, b, inside]) => {
    return parseRange(`${inside ? '@' : ''}${Math.min(a, b)}:${Math.max(a, b)}`)!;
  });
  fc.assert(
    fc.property(range, range, fc.integer({ min: -25, max: 25 }), (warning, critical, value) => {
      if (isHidden(warning, critical)) assert.ok(!alarms(warning, value) || alarms(critical, value));
    }),
  );
});
