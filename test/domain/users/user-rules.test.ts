import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DAY, MINUTE } from '../../../src/domain/time/duration.ts';
import { type SignedCertificate, whyNotAccepted } from '../../../src/domain/users/judge-user-certificate.ts';
import { isOf, nothingKnown, remembering, renewedTo } from '../../../src/domain/users/user-memory.ts';
import { requestName, whyNotRequested } from '../../../src/domain/users/user-names.ts';
import { NOW } from '../../support/inventory.ts';
import { certificateOf, foundOf, knownOf, requestFor, SPEC } from './users-parts.ts';

const REQUEST = requestFor('of 20 days', { publicKey: 'key of 90 days' });
const signed = (
  change: Parameters<typeof certificateOf>[1] = {},
  caDays: number | null = 3_000,
): SignedCertificate => ({
  certificate: certificateOf(90, change),
  caNotAfter: caDays === null ? null : NOW + caDays * DAY,
});

const WRONG: [what: string, answer: SignedCertificate, why: RegExp][] = [
  ['another key', signed({ publicKey: 'x' }), /another key/],
  ['a CA', signed({ isCa: true }), /is a CA/],
  ['another CA', signed({}, null), /signed by "CN=kubernetes", and not by a client CA/],
  ['another user', signed({ commonName: 'eve' }), /for the user "eve", and not for nana/],
  ['more groups', signed({ organizations: ['developers', 'viewers', 'system:masters'] }), /has the groups/],
  ['fewer groups', signed({ organizations: ['developers'] }), /has the groups/],
  ['for servers, too', signed({ usages: ['clientAuth', 'serverAuth'] }), /extended key usages/],
  ['with names', signed({ sans: ['DNS:kubernetes'] }), /names that were not asked for: DNS:kubernetes/],
  ['of the future', signed({ notBefore: NOW + 6 * MINUTE }), /not valid before/],
  ['expired', signed({ notAfter: NOW }), /expired on/],
  ['for longer', signed({ notAfter: NOW + 90 * DAY + 6 * MINUTE }), /later than was asked for/],
  ['for longer than its CA', signed({}, 89), /after its CA on/],
  ['for no longer than the present one', signed({ notAfter: NOW + 20 * DAY }), /--cluster-signing-duration/],
];

for (const [what, answer, why] of WRONG)
  test(`what the cluster has signed is not written: ${what}`, () => {
    const found = whyNotAccepted(REQUEST, answer, { present: certificateOf(20), now: NOW });
    assert.match(found ?? 'accepted', why);
  });

test('what was asked for is written, also for less time, and where there was none', () => {
  const now = NOW;
  assert.equal(whyNotAccepted(REQUEST, signed(), { present: certificateOf(20), now }), null);
  assert.equal(
    whyNotAccepted(REQUEST, signed({ notAfter: NOW + 30 * DAY }), { present: certificateOf(20), now }),
    null,
  );
  assert.equal(whyNotAccepted(REQUEST, signed({ notAfter: NOW + DAY }), { present: null, now }), null);
});

test('no certificate is requested for names that Kubernetes keeps for itself', () => {
  for (const name of ['system:masters', 'System:Masters', 'system:node:a', 'kubeadm:cluster-admins'])
    assert.match(whyNotRequested(name) ?? '', /belongs to Kubernetes itself/);
  for (const name of ['', ' nana', 'a,b', 'a=b', 'a\nb', '-a', 'ä', 'a'.repeat(65)])
    assert.match(whyNotRequested(name) ?? '', /not a plain name/, name);
  for (const name of ['nana', 'nana@example.org', 'oidc:dev/ops', 'a'.repeat(64)])
    assert.equal(whyNotRequested(name), null);
  fc.assert(fc.property(fc.string(), (rest) => whyNotRequested(`system:${rest}`) !== null));
});

test('the name of a request is one that Kubernetes takes, whatever the user is called', () => {
  assert.equal(requestName('Nana@Example.org', 'ab'.repeat(32)), 'certagent-nana-example-org-abababababababab');
  fc.assert(
    fc.property(fc.string(), (user) => {
      if (whyNotRequested(user) !== null) return;
      assert.match(requestName(user, 'ab'.repeat(32)), /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/);
    }),
  );
});

test('what was seen in a file is remembered while it expires later than all before it', () => {
  const none = nothingKnown(SPEC);
  const read = (found: ReturnType<typeof foundOf> | null) => ({ state: 'read', found }) as const;
  const away = (isGone: boolean) => ({ state: 'absent', isGone }) as const;
  assert.deepEqual(remembering(none, read(foundOf(20)), NOW).known, knownOf(20).known);
  assert.deepEqual(remembering(knownOf(20, { gone: true, denied: 'no' }), read(foundOf(30)), NOW), knownOf(30));
  for (const found of [foundOf(10), foundOf(30, { isProven: false }), foundOf(30, { isSigned: false }), null])
    assert.deepEqual(remembering(knownOf(20), read(found), NOW), knownOf(20));
  assert.deepEqual(remembering(none, read(foundOf(-1)), NOW), none);
  assert.equal(remembering(knownOf(20), away(true), NOW).gone, true);
  // A home that is not mounted, and a file that never was there.
  assert.equal(remembering(knownOf(20), away(false), NOW).gone, false);
  assert.equal(remembering(none, away(true), NOW).gone, false);
  assert.deepEqual(renewedTo(knownOf(20, { failures: 3, error: 'x' }), certificateOf(80)), knownOf(80));
  assert.deepEqual([isOf(none, SPEC), isOf(none, { ...SPEC, user: 'eve' })], [true, false]);
});
