import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DAY } from '../../../src/domain/time/duration.ts';
import { failing, nothingKnown } from '../../../src/domain/users/user-memory.ts';
import { type UserCase, userStep, userWindow } from '../../../src/domain/users/user-step.ts';
import { NOW, policyOf } from '../../support/inventory.ts';
import { caseOf, certificateOf, foundOf, knownOf, requestFor, SPEC } from './users-parts.ts';

/** "request", "valid", "stopped: …". */
function inShort(known: UserCase): string {
  const step = userStep(known);
  if (step.do !== 'nothing') return step.do;
  return 'why' in step.next ? `${step.next.is}: ${step.next.why}` : step.next.is;
}

const with20 = (change: Partial<UserCase['memory']>): Partial<UserCase> => ({ memory: knownOf(20, change) });
const asked = requestFor('of 20 days');
const absent = { state: 'absent', isGone: true } as const;
const ROWS: [what: string, known: UserCase, expected: RegExp][] = [
  ['a certificate with 80 days left', caseOf(foundOf(80)), /^valid$/],
  ['one in its last third', caseOf(foundOf(29)), /^request$/],
  [
    'one in its last third, outside of the maintenance window',
    caseOf(foundOf(29), { policy: policyOf({ maintenance: { days: [0], start: 120, end: 180, timeZone: 'UTC' } }) }),
    /^due: its maintenance window$/,
  ],
  [
    'one with other groups than configured',
    caseOf(foundOf(80, { certificate: certificateOf(80, { organizations: ['system:masters'] }) })),
    /^request$/,
  ],
  ['a file that is not there', caseOf(null, { sight: absent }), /^stopped: there is no such file, so/],
  [
    'a home that is not mounted',
    caseOf(null, { sight: { state: 'absent', isGone: false } }),
    /^stopped: its home directory does not exist/,
  ],
  ['a file without such a certificate', caseOf(null), /^stopped: holds no client certificate for nana$/],
  ['a certificate of another CA', caseOf(foundOf(20, { isSigned: false })), /^stopped: .*CA did not sign$/],
  ['a key of another certificate', caseOf(foundOf(20, { isProven: false })), /^stopped: holds no private key/],
  [
    'a certificate for servers',
    caseOf(foundOf(20, { certificate: certificateOf(20, { usages: ['serverAuth'] }) })),
    /^stopped: .*not for clients$/,
  ],
  ['a CA', caseOf(foundOf(20, { certificate: certificateOf(20, { isCa: true }) })), /^stopped: .*not for clients$/],
  ['an expired certificate', caseOf(foundOf(-1)), /^stopped: .*expired on/],
  ['one of the future', caseOf(foundOf(91)), /^stopped: .*not valid before/],
  ['an entry that cannot be written', caseOf(foundOf(20, { fixed: 'has token' })), /^stopped: has token$/],
  ['a file that came back', caseOf(foundOf(20), with20({ gone: true })), /^stopped: was removed before/],
  ['an older one than was seen', caseOf(foundOf(20), { memory: knownOf(50) }), /^stopped: holds an older certificate/],
  ['a newer one than was seen', caseOf(foundOf(29), { memory: knownOf(20, { gone: true }) }), /^request$/],
  ['one that was never seen', caseOf(foundOf(20), { memory: nothingKnown(SPEC) }), /^request$/],
  ['a denied request', caseOf(foundOf(20), with20({ denied: 'no' })), /^stopped: .*was denied: no$/],
  ['a request that waits', caseOf(foundOf(20), with20({ request: asked })), /^follow$/],
  [
    'a request with groups that are not configured any more',
    caseOf(foundOf(20), with20({ request: { ...asked, groups: ['admins'] } })),
    /^drop$/,
  ],
  [
    'a request for longer than is configured now',
    caseOf(foundOf(20), with20({ request: { ...asked, expires: 100 * DAY } })),
    /^drop$/,
  ],
  ['a request for the successor of another', caseOf(foundOf(20), with20({ request: requestFor('x') })), /^drop$/],
  ['a request whose file is gone', caseOf(null, { sight: absent, ...with20({ request: asked }) }), /^drop$/],
  ['a first request', caseOf(null, { sight: absent, ...with20({ request: requestFor(null) }) }), /^follow$/],
  ['a first request for a file with something else', caseOf(null, with20({ request: requestFor(null) })), /^follow$/],
  ['a request for a file without its certificate', caseOf(null, with20({ request: asked })), /^drop$/],
  ['a signed certificate', caseOf(foundOf(20), with20({ request: { ...asked, certificate: 'PEM' } })), /^finish$/],
  [
    'a signed certificate whose key alone is written',
    caseOf(foundOf(20, { isProven: false }), with20({ request: { ...asked, certificate: 'PEM' } })),
    /^finish$/,
  ],
  [
    'a signed certificate that is in the file',
    caseOf(foundOf(80, { certificate: certificateOf(80, { publicKey: 'new key' }) }), with20({ request: asked })),
    /^done$/,
  ],
  [
    'a signed certificate that is in one file, and not yet in the two that the kubeconfig names otherwise',
    caseOf(
      foundOf(80, { certificate: certificateOf(80, { publicKey: 'new key' }), isHalfway: true }),
      with20({ request: { ...asked, certificate: 'PEM' } }),
    ),
    /^finish$/,
  ],
  [
    'a signed certificate that nobody wants any more',
    caseOf(foundOf(20), with20({ request: { ...asked, groups: [], certificate: 'PEM' } })),
    /^drop$/,
  ],
  [
    'a clock that is not trusted',
    caseOf(foundOf(20), { clockDoubt: 'not set' }),
    /^due: the clock is not trusted: not set$/,
  ],
  [
    'a pause',
    caseOf(foundOf(20), { policy: policyOf({ pause: { since: NOW, until: NOW + DAY, reason: 'freeze' } }) }),
    /^due: renewals are paused until .*\(freeze\)$/,
  ],
  [
    'a failure an hour ago',
    caseOf(foundOf(20), { memory: failing(knownOf(20), 'signer', NOW - 1) }),
    /^failed: signer$/,
  ],
  ['a failure a day ago', caseOf(foundOf(20), { memory: failing(knownOf(20), 'signer', NOW - DAY) }), /^request$/],
  [
    'a failure that was noted under a clock of the future',
    caseOf(foundOf(20), { memory: failing(knownOf(20), 'signer', NOW + 300 * DAY) }),
    /^request$/,
  ],
];

for (const [what, known, expected] of ROWS)
  test(`a user's certificate: ${what}`, () => assert.match(inShort(known), expected));

test('the window of a short-lived certificate is a third of its lifetime, and never after it is urgent', () => {
  const whole = { notBefore: NOW, notAfter: NOW + 90 * DAY };
  const of = (opens: number, urgent: number) => userWindow({ ...certificateOf(90), ...whole }, { opens, urgent });
  assert.equal(of(90 * DAY, 30 * DAY).opensAt, NOW + 60 * DAY);
  assert.equal(of(90 * DAY, 30 * DAY).urgentAt, NOW + 75 * DAY);
  assert.equal(of(DAY, 2 * DAY).opensAt, NOW + 88 * DAY);
});

test('whatever the file holds, nothing is requested for what is not signed, proven, valid and of clients', () => {
  const any = fc.record({ isSigned: fc.boolean(), isProven: fc.boolean(), days: fc.integer({ min: -5, max: 95 }) });
  fc.assert(
    fc.property(any, fc.boolean(), ({ days, ...proof }, gone) => {
      const step = userStep(caseOf(foundOf(days, proof), { memory: knownOf(20, { gone }) }));
      const may = proof.isSigned && proof.isProven && days >= 20 && days <= 30 && !(gone && days === 20);
      assert.equal(step.do === 'request', may);
    }),
  );
});
