import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { lostSans } from '../../src/domain/model/certificate.ts';
import { ERRORS } from '../../src/domain/model/error-codes.ts';
import { CertagentError, errorCode, explain } from '../../src/domain/model/errors.ts';
import { DAY, formatDuration, HOUR, MINUTE, parseDuration, SECOND } from '../../src/domain/time/duration.ts';
import { inventoryOf } from '../support/inventory.ts';

const written: [string, number | null][] = [
  ['90d', 90 * DAY],
  ['1h30m', HOUR + 30 * MINUTE],
  ['0s', 0],
  ['', null],
  ['90', null],
  ['1 h', null],
  ['-1h', null],
  ['99999999999999d', null],
];
for (const [text, expected] of written) {
  test(`the duration "${text}" means ${expected}`, () => assert.equal(parseDuration(text), expected));
}

const read: [number, string][] = [
  [0, '0 s'],
  [59 * SECOND, '59 s'],
  [5 * MINUTE + 30 * SECOND, '5 min'],
  [3 * HOUR, '3 h'],
  [3 * HOUR + 5 * MINUTE, '3 h 5 min'],
  [89 * DAY + 4 * HOUR, '89 d 4 h'],
  [89 * DAY, '89 d'],
  [100 * DAY + 4 * HOUR, '100 d'],
  [-2 * DAY, '-2 d'],
];
for (const [ms, expected] of read) {
  test(`${ms} ms read "${expected}"`, () => assert.equal(formatDuration(ms), expected));
}

test('what is written in one unit is read back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10_000 }), fc.constantFrom('s', 'm', 'h', 'd'), (count, unit) => {
      const factor = { s: SECOND, m: MINUTE, h: HOUR, d: DAY }[unit]!;
      assert.equal(parseDuration(`${count}${unit}`), count * factor);
    }),
  );
});

test('an error is explained down to its cause, each message once', () => {
  const cause = new Error('connection refused');
  const middle = new CertagentError('TLS_UNREACHABLE', 'the server did not answer: connection refused', { cause });
  const outer = new CertagentError('SINK_REFUSED', 'the webhook failed', {
    cause: middle,
    remedy: 'Start the server.',
  });
  assert.equal(explain(outer), 'the webhook failed: the server did not answer: connection refused');
  assert.equal(explain('a plain text'), 'a plain text');
  assert.equal(explain(null), '');
  assert.equal(outer.remedy, 'Start the server.');
  assert.equal(middle.remedy, ERRORS.TLS_UNREACHABLE.remedy, 'that of the catalogue');
  assert.equal(CertagentError.relayed('ENOSPC', 'full').remedy, undefined);
  assert.equal(new CertagentError('USAGE', 'alone').cause, undefined);
});

test('an error has a code, whoever threw it', () => {
  assert.equal(errorCode(new CertagentError('USAGE', 'x')), 'USAGE');
  assert.equal(errorCode(Object.assign(new Error('x'), { code: 'ENOENT' })), 'ENOENT');
  for (const without of [new Error('x'), null, undefined, { code: 7 }]) assert.equal(errorCode(without), 'UNKNOWN');
});

test('the names that a renewed certificate no longer covers', () => {
  const { certificate } = inventoryOf('kubeadm').certificates.find(({ id }) => id === 'apiserver')!;
  assert.deepEqual(lostSans(certificate, { ...certificate, sans: ['DNS:node-1', 'DNS:more'] }), ['IP:127.0.0.1']);
});

for (const [code, kind] of Object.entries(ERRORS))
  test(`the error ${code} says what it means and what to do, in sentences`, () => {
    assert.match(kind.meaning, /^[A-Za-z].*[^.]\.$/);
    if ('remedy' in kind) assert.match(kind.remedy, /^[A-Z].+/);
  });
