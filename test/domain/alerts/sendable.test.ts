import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sendable } from '../../../src/domain/alerts/sendable.ts';
import { alert } from '../../alert/support.ts';

const many = (count: number, length: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`/srv/${at}`.padEnd(length, 'x'), 'expired']));

test('an alert of usual size is sent as it is', () => {
  const given = alert({ facts: many(100, 100), restsOn: ['/srv/0'] });
  assert.equal(sendable(given), given);
});

test('of ten thousand members the first are sent, and how many there are more', () => {
  const given = alert({ facts: many(10_000, 300), restsOn: Object.keys(many(10_000, 300)) });
  const facts = Object.entries(sendable(given).facts);
  assert.deepEqual(facts[0], Object.entries(given.facts)[0]);
  assert.deepEqual(facts.at(-1), [`and ${10_000 - (facts.length - 1)} more`, 'see certagent status']);
});

test('whatever its facts are, an alert that is sent is small, and says so when something is left out', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 1, max: 2_000 }), (count, length) => {
      const sent = sendable(alert({ facts: many(count, length) }));
      assert.ok(JSON.stringify(sent).length < 40_000);
      const said = Object.keys(sent.facts);
      const left = /^and (\d+) more$/.exec(said.at(-1) ?? '')?.[1];
      assert.equal(said.length - (left === undefined ? 0 : 1) + Number(left ?? 0), count);
    }),
    { numRuns: 50 },
  );
});
