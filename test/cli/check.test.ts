import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge } from '../../src/cli/render/check.ts';
import type { Severity } from '../../src/domain/alerts/alert.ts';
import { parseRange } from '../../src/domain/fleet/range.ts';
import type { StatusReport } from '../../src/domain/model/status.ts';
import { DAY, HOUR } from '../../src/domain/time/duration.ts';
import { NODE, NOW, report, row } from './reports.ts';

const LIMITS = { warning: parseRange('30')!, critical: parseRange('7')! };

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
  [
    'no certificate on a machine without a node',
    report({ certificates: [], node: { ...NODE, distribution: null } }),
    3,
    /^CERTAGENT UNKNOWN - no certificate was found on this node \| certificates=0;;;0 due=/,
  ],
  [
    'a node of which nothing can be read',
    report({ certificates: [] }),
    2,
    /^CERTAGENT CRITICAL - no certificate of this node can be read \| certificates=0;/,
  ],
  [
    'a node that is not there any more',
    report({ certificates: [], node: { ...NODE, distribution: null }, alerts: [alert('critical')] }),
    2,
    /^CERTAGENT CRITICAL - Something is so; no certificate was found on this node \| .*alerts=1;/,
  ],
  [
    'copies do not count',
    report({ certificates: [row('apiserver', 239), row('copy', -9, { owner: 'copy' })] }),
    0,
    /^CERTAGENT OK - 1 /,
  ],
];

for (const [what, given, exitCode, begins] of CASES) {
  test(`check: ${what}`, () => {
    const judged = judge(given, LIMITS, NOW);
    assert.match(judged.line, begins);
    assert.equal(judged.exitCode, exitCode);
  });
}

test('a line has one bar, whatever names hold', () => {
  const named = report({ certificates: [row('a|b', 3, { nearness: 'urgent' })], at: NOW + DAY });
  assert.equal(judge(named, LIMITS, NOW).line.split('|').length, 2);
});

const RANGES: [warning: string, critical: string, days: number, exitCode: number, line: RegExp][] = [
  ['30:', '7:', 20, 1, /apiserver expires in 20 d; .*days_left=20;30:;7: /],
  ['@10:25', '@~:9', 20, 1, /apiserver has 20 d left \(--warning @10:25\); .*days_left=20;@10:25;@~:9 /],
  ['@10:25', '@~:9', 8, 2, /apiserver has 8 d left \(--critical @~:9\)/],
  ['@10:25', '@~:9', 26, 0, /OK/],
  ['30:300', '7', 400, 1, /apiserver has 400 d left \(--warning 30:300\)/],
];

for (const [warning, critical, days, exitCode, line] of RANGES)
  test(`check -w ${warning} -c ${critical} with ${days} days left`, () => {
    const thresholds = { warning: parseRange(warning)!, critical: parseRange(critical)! };
    const judged = judge(one(days, days < 90 ? 'due' : 'valid'), thresholds, NOW);
    assert.match(judged.line, line);
    assert.equal(judged.exitCode, exitCode);
  });

test('every line is valid performance data', () => {
  // 'label'=value[UOM];[warn];[crit];[min];[max]
  const range = String.raw`@?(~|-?[\d.]*):?(-?[\d.]*)`;
  const datum = new RegExp(`^[a-z_]+=-?\\d+(;${range}(;${range}(;\\d*(;\\d*)?)?)?)?$`);
  for (const [, given] of CASES) {
    const [, data = ''] = judge(given, LIMITS, NOW).line.split(' | ');
    for (const each of data.split(' ')) assert.match(each, datum);
  }
});

test('-v adds everything that is wrong, with its remedy', () => {
  const { details } = judge(report({ alerts: [alert('critical')], configError: 'x' }), LIMITS, NOW);
  assert.deepEqual(details, [
    'critical: Something is so',
    '  What to do: Do it.',
    'warning: the configuration was refused',
  ]);
});
