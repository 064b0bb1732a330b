import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  byName,
  count,
  instant,
  list,
  nodePath,
  object,
  oneOf,
  optional,
  orNull,
  readAs,
  type Shape,
  tag,
  text,
  wordOf,
} from '../../src/host/shape.ts';

const point = object({
  kind: tag('point'),
  at: nodePath,
  colour: wordOf({ red: true, blue: true }),
  note: optional(text),
});
const line = object({ kind: tag('line'), ends: list(instant), names: byName(orNull(count)) });
const shapes: Shape<unknown> = oneOf('kind', { point, line } as unknown as Record<string, Shape<unknown>>);

const POINT = { kind: 'point', at: '/a', colour: 'red' };
const LINE = { kind: 'line', ends: [1, 2], names: { a: 1, b: null } };

for (const value of [POINT, { ...POINT, note: '' }, LINE, { ...LINE, ends: [] }])
  test(`fits: ${JSON.stringify(value)}`, () => assert.deepEqual(readAs(shapes, value), { fits: true, value }));

test('what the shape does not know is left out', () => {
  assert.deepEqual(readAs(shapes, { ...POINT, more: 1 }), { fits: true, value: POINT });
});

/** null: it is broken, and not only a word of another version. */
const TABLE: [value: unknown, unknownWord: string | null][] = [
  [{ ...POINT, kind: 'circle' }, 'circle'],
  [{ ...POINT, colour: 'green' }, 'green'],
  [{ ...POINT, colour: 5 }, null],
  [{ ...POINT, colour: '' }, null],
  [{ ...POINT, colour: 'green', at: 'a' }, null],
  [{ ...POINT, at: 'a' }, null],
  [{ ...POINT, at: '/a\0' }, null],
  [{ ...POINT, note: null }, null],
  [{ ...LINE, ends: [1, Number.POSITIVE_INFINITY] }, null],
  [{ ...LINE, ends: [9e15] }, null],
  [{ ...LINE, names: { a: -1 } }, null],
  [{ kind: 5 }, null],
  [{}, null],
  [null, null],
  ['point', null],
];

for (const [value, unknownWord] of TABLE)
  test(`does not fit: ${JSON.stringify(value)}`, () =>
    assert.deepEqual(readAs(shapes, value), { fits: false, unknownWord }));
