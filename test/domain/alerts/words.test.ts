import assert from 'node:assert/strict';
import { test } from 'node:test';
import { copyNoun, count, date, expiry, expiryIn, list, sentences } from '../../../src/domain/alerts/words.ts';
import { HOUR } from '../../../src/domain/time/duration.ts';

test('what an alert is worded with', () => {
  assert.deepEqual(
    [1, 2].map((number) => count(number, 'kubeconfig copy')),
    ['1 kubeconfig copy', '2 kubeconfig copies'],
  );
  assert.deepEqual(
    [[], ['a'], ['a', 'b'], ['a', 'b', 'c', 'd']].map((names) => list(names)),
    ['', 'a', 'a and b', 'a, b and 2 more'],
  );
  assert.equal(sentences(['Look', 'Act now.', ' Look ', '']), 'Look. Act now.');
  assert.equal(expiry(HOUR, 0), '1970-01-01 01:00 UTC, in 1 h');
  assert.equal(expiry(0, HOUR), '1970-01-01 00:00 UTC, 1 h ago');
});

test('an expiry is recognised among other facts', () => {
  assert.deepEqual(expiryIn(expiry(HOUR, 0)), { at: HOUR, isPast: false });
  assert.deepEqual(expiryIn(expiry(0, HOUR)), { at: 0, isPast: true });
  assert.deepEqual(expiryIn(`expires ${date(HOUR)}`), { at: HOUR, isPast: false });
  const others = [date(0), '', 'mode 0644', `served until ${expiry(HOUR, 0)}`, `expires ${date(0)}, its CA ${date(0)}`];
  for (const other of others) assert.equal(expiryIn(other), null, other);
});

test('copies have the name of what they are', () => {
  const service = { reload: null, served: null };
  assert.equal(copyNoun([{}, {}]), 'kubeconfig copy');
  assert.equal(copyNoun([{}, { service }]), 'copy');
});
