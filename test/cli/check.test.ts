import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge } from '../../src/cli/render/check.ts';
import type { Severity } from '../../src/domain/alerts/alert.ts';
import type { StatusReport } from '../../src/domain/model/status.ts';
import { DAY, HOUR } from '../../src/domain/time/duration.ts';
import { NOW, report, row } from './reports.ts';

const alert = (severity: Severity): StatusReport['alerts'][number] => ({
  alert: { code: 'RENEWAL_FAILED', severity, subject: 'node', text: 'Something is so.', remedy: 'Do it.', facts: {} },
  since: null,
  lastSentAt: null,
});
const one = (days: number, nearness: 'valid' | 'due' | 'urgent') =>
  report({ certificates: [row('apiserver', days, { nearness })] });

/** Of a certificate that is valid for 20 days. */
const short = (days: number): StatusReport => {
  const { decision, ...rest } = row('apiserver', days, { nearness: 'due' });
  return report({
    certificates: [{ ...rest, decision: { ...decision, opensAt: decision.notAfter - (20 * DAY) / 3 } }],
  });
};

const CASES: [what: string, report: StatusReport, exitCode: number, begins: RegExp][] = [
  [
    'all is fine',
    report(),
    0,
    /^CERTAGENT OK - 2 certificates, the first expires in 239 d \(apiserver\) \| days_left=239;30:;7: certificates=2;/,
  ],
  ['expires soon', one(20, 'urgent'), 1, /^CERTAGENT WARNING - apiserver expires in 20 d; /],
  ['exactly at the limit', one(30, 'due'), 0, /^CERTAGENT OK/],
  ['expires very soon', one(6, 'urgent'), 2, /^CERTAGENT CRITICAL - apiserver expires in 6 d; /],
  ['short-lived, and renewed in time', short(5), 0, /^CERTAGENT OK/],
  ['short-lived, and late', short(4), 1, /^CERTAGENT WARNING - apiserver expires in 4 d; /],
  ['short-lived, and very late', short(2), 2, /^CERTAGENT CRITICAL - apiserver expires in 2 d; /],
  ['short-lived and fine', one(3, 'valid'), 0, /^CERTAGENT OK/],
  ['expired', one(-1, 'urgent'), 2, /^CERTAGENT CRITICAL - apiserver has expired; .*1 certificate, expired 1 d ago/],
  ['not valid yet', report({ certificates: [row('x', 300, { nearness: 'not-yet-valid' })] }), 2, /x is not valid yet/],
  ['an alert', report({ alerts: [alert('warning')] }), 1, /^CERTAGENT WARNING - Something is so; /],
  [
    'only the worst is reported',
    report({ alerts: [alert('critical')], configError: 'x' }),
    2,
    /^CERTAGENT CRITICAL - Something is so; 2 cert/,
  ],
  ['information is not a problem', report({ alerts: [alert('info')] }), 0, /^CERTAGENT OK/],
  ['the configuration was refused', report({ configError: 'x' }), 1, /configuration was refused/],
  ['alerts get lost', report({ failingSinks: ['mail'] }), 1, /do not reach mail/],
  ['a check was missed', report({ nextCheckAt: NOW - HOUR }), 1, /the check due 1 h ago did not run/],
  ['no certificate', report({ certificates: [] }), 3, /^CERTAGENT UNKNOWN/],
  [
    'copies do not count',
    report({ certificates: [row('apiserver', 239), row('copy', -9, { owner: 'copy' })] }),
    0,
    /^CERTAGENT OK - 1 /,
  ],
];

for (const [what, given, exitCode, begins] of CASES) {
  test(`check: ${what}`, () => {
    const judged = judge(given, { warning: 30, critical: 7 }, NOW);
    assert.match(judged.line, begins);
    assert.equal(judged.exitCode, exitCode);
  });
}

test('a line has one bar, whatever names hold', () => {
  const named = report({ certificates: [row('a|b', 3, { nearness: 'urgent' })], at: NOW + DAY });
  assert.equal(judge(named, { warning: 30, critical: 7 }, NOW).line.split('|').length, 2);
});
