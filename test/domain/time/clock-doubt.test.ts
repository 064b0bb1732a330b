import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ClockEvidence, clockDoubt } from '../../../src/domain/time/clock-doubt.ts';
import { DAY, HOUR, MINUTE } from '../../../src/domain/time/duration.ts';
import { inventoryOf, NOW, withCertificate } from '../../support/inventory.ts';

const node = inventoryOf('kubeadm', {});
const evidence: ClockEvidence = { newestSeen: NOW - DAY, jump: 0, requireSynchronized: true, vouchedFor: false };

const TABLE: [string, boolean | null, Partial<ClockEvidence>, RegExp | null][] = [
  ['synchronised', true, {}, null],
  ['unknown', null, {}, null],
  ['not synchronised', false, {}, /not synchronised/],
  ['not synchronised, and need not be', false, { requireSynchronized: false }, null],
  [
    'a month before what was seen, as in a resumed machine',
    null,
    { newestSeen: NOW + 30 * DAY },
    /before one that certagent has already seen/,
  ],
  [
    'a month before what was seen, but an administrator accepted it',
    false,
    { newestSeen: NOW + 30 * DAY, requireSynchronized: false, vouchedFor: true },
    null,
  ],
  ['the same, but synchronised: what was seen was wrong', true, { newestSeen: NOW + 30 * DAY }, null],
  ['set back by a minute', null, { newestSeen: NOW + MINUTE }, null],
  ['nothing seen yet', null, { newestSeen: null }, null],
  ['jumped by two days', null, { jump: 2 * DAY }, /jumped forward by 2 d/],
  ['jumped back', false, { jump: -2 * DAY, requireSynchronized: false }, /jumped back by 2 d/],
  ['jumped from 1970 when it was synchronised', true, { jump: 20_000 * DAY }, null],
  ['jumped by an hour, as summer time never does', null, { jump: HOUR }, null],
];

for (const [what, synchronized, change, expected] of TABLE) {
  test(`a clock ${what} is ${expected === null ? 'believed' : 'doubtful'}`, () => {
    const doubt = clockDoubt(
      { ...node, takenAt: NOW, clock: { synchronized, detail: '', doubt: null } },
      { ...evidence, ...change },
    );
    if (expected === null) assert.equal(doubt, null);
    else assert.match(doubt ?? '', expected);
  });
}

test('a clock that shows a time before a CA was made is doubtful, synchronised or not', () => {
  const early = withCertificate(node, 'ca', { certificate: { notBefore: NOW + DAY } });
  assert.match(clockDoubt({ ...early, takenAt: NOW }, evidence) ?? '', /before the CA ca was made/);
  assert.match(clockDoubt({ ...early, takenAt: NOW }, { ...evidence, vouchedFor: true }) ?? '', /before the CA ca/);
});
