import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notRenewed, waiting } from '../../../src/domain/alerts/detect/user-alerts.ts';
import { decide } from '../../../src/domain/decide/decide.ts';
import { withCopies } from '../../../src/domain/decide/with-copies.ts';
import type { CopyOutcome } from '../../../src/domain/model/journal.ts';
import type { UserNext } from '../../../src/domain/model/user-certificate.ts';
import { DAY } from '../../../src/domain/time/duration.ts';
import { inventoryOf, NO_HISTORY, NOW, policyOf } from '../../support/inventory.ts';
import { certificateOf, SPEC } from './users-parts.ts';

const STATE = { lastAttempt: null, configError: null, modeMissing: false, failingSinks: [], lost: false, now: NOW };

function outcome(daysLeft: number, next: UserNext): CopyOutcome {
  const certificate = certificateOf(daysLeft);
  const observed: CopyOutcome['certificates'][number] = {
    ...inventoryOf('kubeadm').certificates[0]!,
    ...{ id: SPEC.kubeconfig, certificate, owner: 'copy' },
    place: { kind: 'kubeconfig', path: SPEC.kubeconfig, entry: 'user', name: 'nana', index: 0 },
  };
  const own = { user: 'nana', groups: [], notAfter: certificate.notAfter, next };
  return { path: SPEC.kubeconfig, user: 'nana', result: 'current', detail: '', certificates: [observed], own };
}

function seen(...copies: CopyOutcome[]) {
  const inventory = withCopies(inventoryOf('kubeadm', { days: 300 }), copies);
  const decisions = decide({
    inventory,
    policy: policyOf(),
    history: NO_HISTORY,
    now: NOW,
    request: { kind: 'schedule' },
  });
  const verdict = decisions.certificates.find(({ id }) => id === SPEC.kubeconfig)?.verdict;
  const state = { ...STATE, inventory, decisions, onDemand: decisions.renewal, copies };
  return { verdict, state, renewal: decisions.renewal };
}

const waits: UserNext = { is: 'waiting', name: 'certagent-nana-1', since: NOW - DAY, approved: false };

test('the row of a user’s certificate says what is next, and the node’s renewal does not wait for it', () => {
  const of = (next: UserNext, days = 20) => {
    const { verdict, renewal } = seen(outcome(days, next));
    assert.equal(renewal.kind, 'none');
    return verdict!.kind === 'keep'
      ? `keep ${verdict!.until}`
      : `${verdict!.kind} ${(verdict as { code: string }).code}`;
  };
  assert.equal(of({ is: 'valid', until: NOW + DAY }), `keep ${NOW + DAY}`);
  assert.equal(of(waits), 'escalate USER_REQUEST_WAITING');
  assert.equal(of({ ...waits, approved: true }), `keep ${NOW}`);
  assert.equal(of({ is: 'stopped', why: 'w', remedy: 'r' }), 'escalate USER_NOT_RENEWED');
});

test('alerts: what waits for approval, since when and with which command; what is not renewed, and why', () => {
  const [found] = waiting(seen(outcome(20, waits)).state);
  assert.equal(found?.severity, 'warning');
  assert.match(found?.text ?? '', /^1 request waits for approval since .*, for the certificate of nana\.$/);
  assert.match(
    found?.remedy ?? '',
    /kubectl describe csr certagent-nana-1\. .*: kubectl certificate approve certagent-nana-1, or on this node: certagent user add nana --approve$/,
  );
  assert.equal(waiting(seen(outcome(10, waits)).state)[0]?.severity, 'critical');
  assert.equal(waiting(seen(outcome(-1, waits)).state)[0]?.severity, 'critical');
  assert.deepEqual(waiting(seen(outcome(20, { ...waits, approved: true })).state), []);
  const stopped = notRenewed(seen(outcome(20, { is: 'stopped', why: 'does not exist', remedy: 'Do it' })).state);
  assert.deepEqual(stopped[0]?.members, [[SPEC.kubeconfig, 'does not exist']]);
  assert.equal(stopped[0]?.remedy, 'Do it.');
  const failed = notRenewed(seen(outcome(20, { is: 'failed', until: NOW, why: 'HTTP 500' })).state);
  assert.equal(failed[0]?.remedy, 'certagent tries again.');
  assert.deepEqual(notRenewed(seen(outcome(20, waits)).state)[0]?.members, []);
});
