import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Severity, StandingAlert } from '../../../src/domain/alerts/alert.ts';
import type { AlertCode } from '../../../src/domain/alerts/catalogue.ts';
import {
  ANNOTATIONS,
  changedAnnotations,
  lineIn,
  nodeLine,
  type State,
} from '../../../src/domain/cluster/node-line.ts';
import type { Renewal } from '../../../src/domain/model/decision.ts';
import type { ObservedCertificate } from '../../../src/domain/model/inventory.ts';
import { DAY, HOUR, MINUTE } from '../../../src/domain/time/duration.ts';

const NOW = Date.UTC(2026, 10, 27, 2, 14);

const alert = (code: AlertCode, severity: Severity = 'warning'): StandingAlert => ({
  alert: { code, severity, subject: 'node', text: '', remedy: '', facts: {} },
  since: NOW,
  lastSentAt: null,
});

const none: Renewal = { kind: 'none', nextAt: null };
const waiting: Renewal = { kind: 'waiting', until: null, code: 'TURN_OF_ANOTHER', ids: [], why: 'waiting for cp-2' };

const STATES: [State, Renewal, StandingAlert[]][] = [
  ['ok', none, []],
  ['ok', none, [alert('KEY_COPIES_LEFT', 'info')]],
  ['warning', none, [alert('KEY_READABLE')]],
  ['due', { kind: 'now', ids: [], why: '' }, [alert('KEY_READABLE')]],
  ['waiting', waiting, [alert('KEY_READABLE')]],
  ['observing', { kind: 'observing', until: null, ids: [], why: '', blockers: [] }, []],
  ['critical', waiting, [alert('SERVED_STALE', 'critical')]],
  ['blocked', { kind: 'blocked', ids: [], blockers: [] }, [alert('RENEWAL_BLOCKED', 'critical')]],
  ['failed', waiting, [alert('RENEWAL_FAILED', 'critical')]],
  ['rolled-back', waiting, [alert('RENEWAL_ROLLED_BACK')]],
  ['expired', { kind: 'blocked', ids: [], blockers: [] }, [alert('CERTIFICATE_EXPIRED', 'critical')]],
];

for (const [state, renewal, alerts] of STATES)
  test(`the state of a node: ${state}, with ${alerts.map((one) => one.alert.code).join() || 'no alert'}`, () => {
    assert.equal(nodeLine({ certificates: [], renewal, alerts }, NOW).state, state);
  });

const certificate = (owner: string, notAfter: number) =>
  ({ owner, certificate: { notAfter } }) as unknown as ObservedCertificate;

const line = nodeLine(
  {
    certificates: [certificate('kubeadm', NOW + 30 * DAY), certificate('copy', NOW), certificate('kubeadm', NOW + DAY)],
    renewal: none,
    alerts: [],
  },
  NOW,
);
const written = {
  'certagent.io/first-expiry': '2026-11-28T02:14:00Z',
  'certagent.io/state': 'ok',
  'certagent.io/seen': '2026-11-27T02:00:00Z',
};

test('the first certificate to expire, without users’ copies; the time of the check to the hour', () => {
  assert.deepEqual(line, { firstExpiry: NOW + DAY, state: 'ok', seen: NOW - 14 * MINUTE });
  assert.deepEqual(changedAnnotations({ other: 'x' }, line), written);
});

test('what is there already is not written again; all is when one differs', () => {
  assert.equal(changedAnnotations({ ...written, other: 'x' }, line), null);
  for (const name of Object.values(ANNOTATIONS))
    assert.deepEqual(changedAnnotations({ ...written, [name]: 'other' }, line), written);
  const later = { ...line, seen: line.seen + HOUR };
  assert.equal(changedAnnotations(written, later)?.[ANNOTATIONS.seen], '2026-11-27T03:00:00Z');
});

test('a node without certificates has no first expiry', () => {
  const empty = { ...line, firstExpiry: null };
  assert.equal(changedAnnotations(written, empty)?.[ANNOTATIONS.firstExpiry], null);
  const { [ANNOTATIONS.firstExpiry]: _, ...rest } = written;
  assert.equal(changedAnnotations(rest, empty), null);
});

test('annotations are read as they were written, and nothing else is believed', () => {
  assert.deepEqual(lineIn(written), line);
  assert.deepEqual(lineIn({ ...written, [ANNOTATIONS.firstExpiry]: 'soon' }), { ...line, firstExpiry: null });
  for (const other of [
    {},
    { ...written, [ANNOTATIONS.state]: '\u001b[31mok' },
    { ...written, [ANNOTATIONS.seen]: 'yesterday' },
    { ...written, [ANNOTATIONS.seen]: '2026-13-27T02:00:00Z' },
    { ...written, [ANNOTATIONS.seen]: 7 },
  ])
    assert.equal(lineIn(other), null);
});
