import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert, StandingAlert } from '../../../src/domain/alerts/alert.ts';
import { refreshed } from '../../../src/domain/alerts/refresh.ts';

const alert: Alert = {
  code: 'KEY_READABLE',
  severity: 'critical',
  subject: 'node',
  text: 'A key is readable.',
  remedy: '',
  facts: {},
};
const CASES: [string, Omit<StandingAlert, 'alert' | 'since'>, string[]][] = [
  ['never sent', { lastSentAt: null }, []],
  ['sent', { lastSentAt: 2, worst: 'critical', sent: { severity: 'critical', worst: 'critical' } }, ['critical']],
  [
    'worse since, and kept back',
    { lastSentAt: 2, sent: { severity: 'warning', worst: 'warning' }, changed: true, explainedBy: 'FILE_UNREADABLE' },
    ['warning'],
  ],
  ['written by an earlier version', { lastSentAt: 2 }, ['critical']],
];
for (const [name, standing, severities] of CASES)
  test(`an active alert is repeated as the sink knows it: ${name}`, () => {
    const notifications = refreshed([{ alert, since: 1, ...standing }]);
    assert.deepEqual(
      notifications.map(({ alert: { severity } }) => severity),
      severities,
    );
    for (const { status, since, sent, alert: of } of notifications) {
      assert.deepEqual([status, since, of.code], ['repeated', 1, 'KEY_READABLE']);
      assert.equal(sent?.severity, of.severity);
    }
  });
