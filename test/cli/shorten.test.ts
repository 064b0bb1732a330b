import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { asciiText, isUtf8 } from '../../src/cli/charset.ts';
import { distinct, shortened } from '../../src/cli/render/shorten.ts';
import { inWindow } from '../../src/cli/render/window.ts';

test('a name keeps its end', () => {
  assert.equal(shortened('apiserver', 9), 'apiserver');
  assert.equal(shortened('apiserver-etcd-client', 12), '…etcd-client');
  assert.deepEqual([...distinct(['a-controller', 'b-controller'], 8).values()], ['a…roller', 'b…roller']);
});

test('however narrow a column is, different names look different and fit', () => {
  const name = fc.stringMatching(/^[a-c/-]{1,40}$/);
  fc.assert(
    fc.property(fc.uniqueArray(name, { maxLength: 30 }), fc.integer({ min: 6, max: 60 }), (names, width) => {
      const shown = [...distinct(names, width).values()];
      assert.equal(new Set(shown).size, names.length);
      for (const each of shown) assert.ok(each.length <= width, each);
    }),
  );
});

test('names that only a number can tell apart get one', () => {
  const names = ['aaaaaaaaaaaaXbbbbbbbbbbbb', 'aaaaaaaaaaaaYbbbbbbbbbbbb', 'aaaaaaaaaaaaZbbbbbbbbbbbb'];
  assert.deepEqual([...distinct(names, 8).values()], ['…bbbbbbb', '…bbbbb~2', '…bbbbb~3']);
});

test('what is drawn fits into the window, from the top, and says what is left out', () => {
  const text = Array.from({ length: 10 }, (_, line) => `line ${line}`).join('\n');
  assert.equal(inWindow(text, { width: 80, height: 10 }), text);
  assert.equal(inWindow(text, { width: 80, height: 3 }), 'line 0\nline 1\n(8 more lines: certagent status)');
  assert.equal(
    inWindow(`${'x'.repeat(20)}\n${text}`, { width: 10, height: 3 })
      .split('\n')[0]
      ?.slice(0, 5),
    '(11 m',
  );
  const rows = (shown: string, width: number) =>
    shown.split('\n').reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / width)), 0);
  const lines = fc.array(fc.stringMatching(/^[a-z ]{0,90}$/), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(lines, fc.integer({ min: 40, max: 120 }), fc.integer({ min: 2, max: 50 }), (all, width, height) => {
      const shown = inWindow(all.join('\n'), { width, height });
      assert.ok(rows(shown, width) <= height, shown);
    }),
  );
});

test('without UTF-8 there is nothing but ASCII on a terminal, in the same width', () => {
  assert.deepEqual(
    [{ LC_ALL: 'C', LANG: 'de_DE.UTF-8' }, { LANG: 'C.UTF-8' }, { LC_CTYPE: 'en_GB.utf8' }, { LANG: '' }, {}].map(
      isUtf8,
    ),
    [false, true, true, false, false],
  );
  assert.equal(asciiText('…controller’s “ä”', true), '~controller\'s "?"');
  assert.equal(asciiText('PATH… ä', false), 'PATH... ä');
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => /^\p{ASCII}*$/u.test(asciiText(text, true))));
});
