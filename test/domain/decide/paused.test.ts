import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findBlockers } from '../../../src/domain/decide/blockers.ts';
import { DAY } from '../../../src/domain/time/duration.ts';
import { inventoryOf, NO_HISTORY, NOW, policyOf } from '../../support/inventory.ts';
import { own, run } from './decide-parts.ts';

const paused = (days: number, expiry: number) => {
  const inventory = inventoryOf('kubeadm');
  const certificates = inventory.certificates.map((each) => ({
    ...each,
    certificate: { ...each.certificate, notAfter: NOW + expiry * DAY },
  }));
  const policy = policyOf({ pause: { since: NOW, until: NOW + days * DAY, reason: 'freeze' } });
  return { inventory: { ...inventory, certificates }, policy };
};

test('while renewals are paused nothing is renewed, not even by hand', () => {
  const { inventory, policy } = paused(5, 10);
  for (const kind of ['schedule', 'manual'] as const) {
    const request = kind === 'schedule' ? { kind } : { kind, force: true };
    const { renewal } = run(inventory, { policy, request });
    assert.deepEqual(renewal.kind === 'blocked' && renewal.blockers.map(({ code }) => code), ['PAUSED']);
  }
});

test('the reason is shown, and a pause past an expiry says so plainly', () => {
  const why = (days: number, expiry: number) => {
    const { inventory, policy } = paused(days, expiry);
    const blockers = findBlockers({ inventory, policy, ids: own(inventory), history: NO_HISTORY, now: NOW });
    return blockers.map((blocker) => `${blocker.code}: ${blocker.why}`);
  };
  assert.match(why(5, 10)[0]!, /^PAUSED: renewals are paused until \d{4}-\d\d-\d\d \d\d:\d\d UTC \(freeze\)$/);
  assert.match(why(20, 10)[0]!, /^PAUSED_PAST_EXPIRY: .* \(freeze\), and \S+ expires before that, at /);
  assert.match(why(20, -1)[0]!, /^PAUSED_PAST_EXPIRY: .*, and \S+ expired at /);
});
