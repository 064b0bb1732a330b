import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { marksOf, placeOf, STOPS } from '../../../src/domain/fleet/timeline.ts';
import { escapeHtml } from '../../../src/domain/text/html.ts';
import { DAY } from '../../../src/domain/time/duration.ts';

const NOW = Date.UTC(2026, 2, 3);

test('each stop is where it says, and what has expired or expires much later is beyond them', () => {
  for (const { days, at } of STOPS.slice(0, -1)) assert.equal(placeOf(NOW + days * DAY, NOW), at);
  assert.equal(placeOf(NOW + 3.5 * DAY, NOW), 16);
  assert.ok(placeOf(NOW - 1, NOW) < STOPS[0]!.at);
  assert.ok(placeOf(NOW + 365 * DAY, NOW) > STOPS.at(-1)!.at);
});

test('what expires later is never further left, and all of it is on the line', () => {
  const days = fc.double({ min: -4000, max: 40_000, noNaN: true });
  fc.assert(
    fc.property(days, days, (a, b) => {
      const [first, second] = [Math.min(a, b), Math.max(a, b)].map((each) => placeOf(NOW + each * DAY, NOW));
      assert.ok(first! <= second! && first! >= 0 && second! <= 100);
    }),
  );
});

test('certificates that expire together are one mark, unless they are in another state', () => {
  const one = (id: string, days: number, nearness: 'valid' | 'due' = 'valid') => ({
    id,
    owner: 'k3s',
    notAfter: NOW + days * DAY,
    nearness,
  });
  const marks = marksOf([one('a', 80, 'due'), one('b', 80.1), one('c', 81), one('d', 200)], NOW);
  assert.deepEqual(
    marks.map(({ ids, nearness }) => [nearness, ...ids]),
    [
      ['due', 'a'],
      ['valid', 'b', 'c'],
      ['valid', 'd'],
    ],
  );
  assert.equal(marks[0]!.notAfter, NOW + 80 * DAY);
});

test('escaped text holds nothing that ends a text or an attribute, and loses nothing', () => {
  const back: Record<string, string> = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'", '&amp;': '&' };
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('<', '>', '"', "'", '&', 'a', ';', '#', ' ') }), (text) => {
      const escaped = escapeHtml(text);
      assert.doesNotMatch(escaped, /[<>"']|&(?!(?:lt|gt|quot|amp|#39);)/);
      assert.equal(
        escaped.replace(/&[^;]+;/g, (entity) => back[entity]!),
        text,
      );
    }),
  );
});
