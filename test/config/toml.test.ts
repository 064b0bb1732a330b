import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseToml, tomlValue } from '../../src/config/toml.ts';

function read(text: string) {
  const parsed = parseToml(text);
  assert.ok('data' in parsed, JSON.stringify(parsed));
  return parsed;
}

const DATA: [what: string, text: string, data: unknown][] = [
  ['dotted keys and tables', 'a.b = 1\n[a.c]\nd = "x"\n', { a: { b: 1, c: { d: 'x' } } }],
  ['lists of tables', '[[a]]\nx = 1\n[[a]]\n[a.b]\nc = 2\n[[a.d]]\n', { a: [{ x: 1 }, { b: { c: 2 }, d: [{}] }] }],
  ['inline tables in lists', 'a = [{ b = 1 }, { c = [2, 3] }]', { a: [{ b: 1 }, { c: [2, 3] }] }],
  ['quoted keys', '"a b"."c\\n" = 1', { 'a b': { 'c\n': 1 } }],
  ['a byte order mark and Windows line breaks', '\ufeffa = 1\r\nb = 2\r\n', { a: 1, b: 2 }],
];
for (const [what, text, data] of DATA) test(`TOML: ${what}`, () => assert.deepEqual(read(text).data, data));

test('keys of the name __proto__ are data and nothing else', () => {
  for (const text of [
    '__proto__ = 1',
    '[__proto__]\npolluted = 1',
    'a.__proto__.polluted = 1',
    'a = { __proto__ = 1 }',
  ]) {
    assert.match(JSON.stringify(read(text).data), /__proto__/);
    assert.equal(({} as { polluted?: number }).polluted, undefined);
  }
});

test('each key has its line, an unknown one that of the table around it', () => {
  const { lineOf } = read('mode = "x"\n\n[a]\nb = [\n  1,\n  2,\n]\n[[c]]\nd = 1\n[[c]]\nd = 2\n');
  assert.deepEqual(
    [['mode'], ['a'], ['a', 'b', 1], ['a', 'none'], ['c', 0, 'd'], ['c', 1, 'd'], ['none']].map(lineOf),
    [1, 3, 6, 3, 9, 11, null],
  );
});

const WRONG: [text: string, line: number, message: RegExp][] = [
  ['a = 1\na = 2\n', 2, /^is not valid TOML at column 1: defining a key multiple times/],
  ['a = "', 1, /^is not valid TOML at column 6: unterminated string/],
  ['a = hunter2', 1, /^is not valid TOML at column 5: unexpected character$/],
  [`a${'.a'.repeat(50)} = 1`, 1, /^is nested far deeper/],
  [`\na = ${'['.repeat(50)}${']'.repeat(50)}`, 2, /^is nested far deeper/],
];
for (const [text, line, message] of WRONG)
  test(`refused: ${text.slice(0, 30)}`, () => {
    const parsed = parseToml(text);
    assert.ok('problem' in parsed);
    assert.equal(parsed.problem.line, line);
    assert.match(parsed.problem.message, message);
  });

test('every value that a key can have is written so that it is read again', () => {
  const value = fc.oneof(fc.string({ unit: 'binary' }), fc.boolean(), fc.maxSafeInteger());
  fc.assert(
    fc.property(fc.oneof(value, fc.array(value)), (given) => {
      assert.deepEqual(read(`key = ${tomlValue(given)}`).data, { key: given });
    }),
  );
});
