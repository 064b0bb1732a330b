import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert, StandingAlert } from '../../../src/domain/alerts/alert.ts';
import type { AlertCode } from '../../../src/domain/alerts/catalogue.ts';
import { nodeEvents } from '../../../src/domain/cluster/node-events.ts';
import { DAY, HOUR } from '../../../src/domain/time/duration.ts';

const NOW = Date.UTC(2026, 10, 27, 2, 14);

const alert = (code: AlertCode, severity: Alert['severity'] = 'warning'): Alert => ({
  ...{ code, severity, subject: 'node', text: `${code} happened.`, remedy: '', facts: {} },
});
const active = (code: AlertCode, more: Partial<StandingAlert> = {}): StandingAlert => ({
  ...{ alert: alert(code), since: NOW, lastSentAt: NOW },
  ...more,
});
const eventsOf = (alerts: StandingAlert[], happened: Alert[] = [], plan: string | null = null, now = NOW) =>
  nodeEvents({ alerts, happened, plan }, now);

const REASONS: [AlertCode, string][] = [
  ['RENEWAL_FAILED', 'CertificateRenewalFailed'],
  ['RENEWAL_ROLLED_BACK', 'CertificateRenewalRolledBack'],
  ['RENEWAL_BLOCKED', 'CertificateRenewalBlocked'],
  ['CERTIFICATE_EXPIRED', 'CertificateExpirationWarning'],
  ['CERTIFICATE_URGENT', 'CertificateExpirationWarning'],
  ['CERTIFICATE_EXPIRING', 'CertificateExpirationWarning'],
];

for (const [code, reason] of REASONS)
  test(`${code} is an Event: ${reason}`, () => {
    const [event, ...others] = eventsOf([active(code)]);
    assert.deepEqual(others, []);
    assert.partialDeepStrictEqual(event, { reason, type: 'Warning', message: `${code} happened.` });
  });

test('a renewal is an Event of its plan', () => {
  const renewed = alert('RENEWED', 'info');
  assert.deepEqual(eventsOf([], [renewed], 'plan-7'), [
    { key: 'RENEWED node plan-7', reason: 'CertificatesRenewed', type: 'Normal', message: 'RENEWED happened.' },
  ]);
  assert.notEqual(eventsOf([], [renewed])[0]?.key, eventsOf([], [renewed], null, NOW + 1)[0]?.key);
});

test('other alerts are not, nor are those that are not sent', () => {
  for (const more of [
    { silencedUntil: NOW + DAY },
    { heldUntil: NOW + HOUR },
    { explainedBy: 'CERTIFICATE_EXPIRED' },
  ] as const)
    assert.deepEqual(eventsOf([active('RENEWAL_BLOCKED', more)]), []);
  assert.deepEqual(eventsOf([active('KEY_READABLE')]), []);
});

test('while an alert is active, there is one Event a day', () => {
  const keyAt = (now: number) => eventsOf([active('CERTIFICATE_EXPIRING')], [], null, now)[0]!.key;
  assert.equal(keyAt(NOW), keyAt(NOW + 23 * HOUR));
  assert.notEqual(keyAt(NOW), keyAt(NOW + DAY));
});

test('a message is as short as the API wants it', () => {
  const long = { ...alert('RENEWAL_FAILED'), text: 'é'.repeat(3000) };
  const [event] = eventsOf([active('RENEWAL_FAILED', { alert: long })]);
  assert.ok(Buffer.byteLength(event!.message) <= 1024);
});
