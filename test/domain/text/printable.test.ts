import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  printable,
  printableData,
  printableJson,
  printableLines,
  said,
  short,
} from '../../../src/domain/text/printable.ts';

const STEERS = /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u;

describe('texts of others', () => {
  it('never control a terminal', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\u001b]0;x\u0007', '\u009b31m', '\u202e', '\r\n'),
    );
    fc.assert(
      fc.property(fc.array(text), (parts) => {
        const all = parts.join('');
        assert.doesNotMatch(printable(all), STEERS);
        assert.doesNotMatch(short(all), STEERS);
        assert.doesNotMatch(said(all) ?? '', STEERS);
        assert.doesNotMatch(printableLines(all).replaceAll('\n', ''), STEERS);
        assert.deepEqual(JSON.parse(printableJson(JSON.stringify({ all }, null, 2))), { all });
        assert.doesNotMatch(printableJson(JSON.stringify({ all }, null, 2)).replaceAll('\n', ''), STEERS);
      }),
    );
  });

  it('do not change when they are harmless', () => {
    assert.equal(printable('CN=Jörg, O=日本 ✓'), 'CN=Jörg, O=日本 ✓');
    assert.equal(printableLines('a\nb'), 'a\nb');
  });

  it('are looked for in lists, objects and the names of members', () => {
    assert.deepEqual(printableData({ 'a\n': ['\u0007', 1, null, { b: '\u001b' }] }), {
      'a\u{fffd}': ['\u{fffd}', 1, null, { b: '\u{fffd}' }],
    });
    assert.equal(printableData(undefined), undefined);
  });

  it('are found wherever they are in data that are plain otherwise', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('CN=a, O=b\\n', '"\\u001b"', '\u007f', '\u009b', '\u202e', '\ufeff', '\u0008', '\ud800'),
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof({ maxDepth: 3 }, text, fc.integer(), fc.constant(null), tie('list'), tie('object')),
      list: fc.array(tie('tree')),
      // Not as a number: such names change their place.
      object: fc.dictionary(
        text.map((name) => `k${name}`),
        tie('tree'),
        { noNullPrototype: true },
      ),
    }));
    const everyString = (data: unknown): unknown =>
      typeof data === 'string'
        ? printable(data)
        : Array.isArray(data)
          ? data.map(everyString)
          : typeof data === 'object' && data !== null
            ? Object.fromEntries(Object.entries(data).map(([name, value]) => [printable(name), everyString(value)]))
            : data;
    fc.assert(fc.property(tree, (data) => assert.deepEqual(printableData(data), everyString(data))));
  });
});

describe('what a program printed', () => {
  const cases: [what: string, output: string, told: string | null][] = [
    ['its first line that is not blank', '\n  \nfirst\nsecond', 'first'],
    ['without colours', '\u001b[1;31merror:\u001b[0m no', 'error: no'],
    ['without a title for the terminal', '\u001b]0;owned\u0007no', 'no'],
    ['nothing', '\n\u001b[0m\n', null],
    ['cut', 'x'.repeat(2_000), `${'x'.repeat(300)}…`],
    ['blanks in one', 'a \t  b\r', 'a b'],
  ];
  for (const [what, output, told] of cases) it(`is printed as ${what}`, () => assert.equal(said(output), told));

  it('can be chosen', () => {
    assert.equal(
      said('W1 warning\nerror', (line) => !line.startsWith('W')),
      'error',
    );
  });
});
