import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { FleetAnswer, FleetNode, FleetStatus } from '../../../src/domain/fleet/model.ts';
import { EXIT_CODES, fleetReport } from '../../../src/domain/fleet/summary.ts';
import { printable } from '../../../src/domain/text/printable.ts';
import { DAY, HOUR, MINUTE } from '../../../src/domain/time/duration.ts';

const NOW = Date.UTC(2026, 2, 3, 12);
const LIMITS = { warning: 30, critical: 7 };

const certificate = (id: string, days: number, change: Partial<FleetStatus['certificates'][number]> = {}) => ({
  id,
  owner: 'k3s',
  certificate: { notAfter: NOW + days * DAY },
  decision: { nearness: days < 30 ? ('urgent' as const) : ('valid' as const), opensAt: NOW + (days - 90) * DAY },
  ...change,
});

const status = (change: Partial<FleetStatus> = {}): FleetStatus => ({
  at: NOW,
  source: 'daemon',
  version: '0.1.0',
  mode: 'renew',
  node: { name: 'k3s-1', distribution: 'k3s', role: 'server', version: 'v1.33.1+k3s1' },
  labels: { site: 'oslo' },
  certificates: [certificate('client-admin', 200)],
  renewal: { kind: 'none', nextAt: NOW + 110 * DAY },
  running: null,
  lastAttempt: null,
  alerts: [],
  nextCheckAt: NOW + HOUR,
  configError: null,
  failingSinks: [],
  ...change,
});

const asked = (change: Partial<FleetStatus> = {}, host = 'edge-1'): FleetAnswer => ({
  host,
  askedAt: NOW,
  status: status(change),
});
const gathered = (change: Partial<FleetStatus> = {}): FleetAnswer =>
  ({ ...asked(change), askedAt: null }) as FleetAnswer;
const only = (answer: FleetAnswer): FleetNode => fleetReport([answer], LIMITS, NOW).nodes[0]!;
const alert = (severity: 'info' | 'warning' | 'critical') => ({
  alert: { code: 'X', severity, subject: 'node', text: 'Something is so.', remedy: 'Do it.' },
  since: NOW,
});

test('a node that is fine', () => {
  assert.deepEqual(only(asked()), {
    host: 'edge-1',
    name: 'k3s-1',
    site: 'oslo',
    labels: { site: 'oslo' },
    level: 'ok',
    troubles: [],
    silent: null,
    at: NOW,
    version: '0.1.0',
    mode: 'renew',
    distribution: 'k3s',
    role: 'server',
    kubernetes: 'v1.33.1+k3s1',
    certificates: [{ id: 'client-admin', owner: 'k3s', notAfter: NOW + 200 * DAY, nearness: 'valid' }],
    certificateCount: 1,
    alerts: [],
    next: { text: 'renewal window opens', at: NOW + 110 * DAY },
    lastRenewal: null,
  });
});

const LEVELS: [what: string, answer: FleetAnswer, level: string, troubles: string[], silent: string | null][] = [
  ['silent', { host: 'edge-1', silent: 'no answer after 10 s' }, 'unknown', [], 'no answer after 10 s'],
  ['a warning', asked({ alerts: [alert('warning')] }), 'warning', ['Something is so'], null],
  ['information', asked({ alerts: [alert('info')] }), 'ok', [], null],
  [
    'critical before warnings',
    asked({ alerts: [alert('warning'), alert('critical')], certificates: [certificate('a', 20)] }),
    'critical',
    ['Something is so', 'a expires in 20 d', 'Something is so'],
    null,
  ],
  [
    'certificates that expire together',
    asked({ certificates: [certificate('b', 3), certificate('a', 2), certificate('c', -1)] }),
    'critical',
    ['c has expired (and 2 more)'],
    null,
  ],
  ['no certificate', asked({ certificates: [] }), 'unknown', ['no certificate was found'], null],
  ['gathered long ago', gathered({ at: NOW - 2 * DAY, nextCheckAt: NOW - DAY }), 'unknown', [], 'last answer 2 d ago'],
  [
    'gathered long ago, and expired since',
    gathered({ at: NOW - 2 * DAY, nextCheckAt: NOW - DAY, certificates: [certificate('a', -1)] }),
    'critical',
    ['a has expired'],
    'last answer 2 d ago',
  ],
  ['gathered today', gathered({ at: NOW - HOUR, nextCheckAt: NOW - HOUR / 2 }), 'ok', [], null],
  [
    'a clock ahead',
    asked({ at: NOW + HOUR, nextCheckAt: null }),
    'warning',
    ["its clock is 1 h ahead of this machine's"],
    null,
  ],
  [
    'a clock ahead, gathered',
    gathered({ at: NOW + HOUR, nextCheckAt: null }),
    'warning',
    ["its clock is 1 h ahead of this machine's"],
    null,
  ],
  ['a clock behind', asked({ at: NOW - HOUR }), 'warning', ["its clock is 1 h behind this machine's"], null],
  ['a clock that is a little behind', asked({ at: NOW - MINUTE }), 'ok', [], null],
  ['no daemon', asked({ source: 'node' }), 'warning', ['no daemon is running: nothing is renewed'], null],
  ['a missed check', asked({ nextCheckAt: NOW - HOUR }), 'warning', ['the check due 1 h ago did not run'], null],
  ['a configuration that is refused', asked({ configError: 'x' }), 'warning', ['the configuration was refused'], null],
  ['sinks that fail', asked({ failingSinks: ['mail'] }), 'warning', ['alerts do not reach mail'], null],
  [
    'not valid yet',
    asked({ certificates: [certificate('a', 300, { decision: { nearness: 'not-yet-valid', opensAt: NOW } })] }),
    'critical',
    ['a is not valid yet'],
    null,
  ],
  [
    'short-lived, and in time',
    asked({ certificates: [certificate('a', 5, { decision: { nearness: 'due', opensAt: NOW - DAY } })] }),
    'ok',
    [],
    null,
  ],
];

for (const [what, answer, level, troubles, silent] of LEVELS)
  test(`fleet: ${what}`, () => {
    const node = only(answer);
    assert.deepEqual({ level: node.level, troubles: node.troubles, silent: node.silent }, { level, troubles, silent });
  });

const NEXT: [Partial<FleetStatus>, FleetNode['next']][] = [
  [{ renewal: { kind: 'none' } }, null],
  [{ renewal: { kind: 'now' } }, { text: 'renews at the next check', at: null }],
  [{ renewal: { kind: 'waiting', until: NOW } }, { text: 'renews', at: NOW }],
  [{ renewal: { kind: 'waiting', why: "cp-2's turn" } }, { text: "waits: cp-2's turn", at: null }],
  [{ renewal: { kind: 'waiting' } }, { text: 'waits: ', at: null }],
  [{ renewal: { kind: 'observing' } }, { text: 'due, and only observed', at: null }],
  [{ renewal: { kind: 'blocked', blockers: [{ why: 'no key' }] } }, { text: 'blocked: no key', at: null }],
  [{ renewal: { kind: 'blocked' } }, { text: 'blocked: see its status', at: null }],
  [{ renewal: { kind: 'of-the-future' } }, { text: 'of-the-future', at: null }],
  [{ running: { step: 1, steps: 9 } }, { text: 'renewing now, step 2 of 9', at: null }],
];

test('what happens next', () => {
  for (const [change, next] of NEXT) assert.deepEqual(only(asked(change)).next, next);
});

test('the last renewal, and a status of an earlier version', () => {
  const attempt = { startedAt: 1, endedAt: 2, result: 'failed', trigger: 'manual', granted: [{ id: 'a' }] };
  const { labels: _none, ...early } = status({
    lastAttempt: { ...attempt, error: { code: 'E', message: 'it failed' } },
  });
  const node = only({ host: 'x', askedAt: NOW, status: { ...early, node: { ...early.node, version: null } } });
  assert.deepEqual(node.lastRenewal, {
    startedAt: 1,
    endedAt: 2,
    result: 'failed',
    trigger: 'manual',
    certificates: 1,
    error: 'it failed (E)',
  });
  assert.equal(node.site, null);
  assert.equal(node.kubernetes, null);
  assert.equal(only(asked({ lastAttempt: { ...attempt, error: null } })).lastRenewal?.error, null);
});

test('a CA that many files hold is listed once, and copies are not', () => {
  const ca = { owner: 'cluster-ca', decision: { nearness: 'valid' as const, opensAt: NOW } };
  const rows = [certificate('ca', 900, ca), certificate('x#ca', 900, ca), certificate('copy', -9, { owner: 'copy' })];
  const node = only(asked({ certificates: [...rows, certificate('a', 200)] }));
  assert.deepEqual(
    node.certificates.map(({ id }) => id),
    ['a', 'ca'],
  );
});

test('worst first, and the whole is as bad as the worst', () => {
  const answers: FleetAnswer[] = [
    asked({ node: { ...status().node, name: 'b' } }),
    asked({ node: { ...status().node, name: 'a' } }),
    asked({ node: { ...status().node, name: 'a' }, labels: {} }),
    asked({ certificates: [certificate('a', 100)] }),
    asked({ alerts: [alert('warning')] }),
    { host: 'silent', silent: 'why' },
    { host: '', silent: 'why' },
    { host: '', silent: 'why' },
    asked({ alerts: [alert('critical')] }),
  ];
  const report = fleetReport(answers, LIMITS, NOW);
  assert.deepEqual(
    report.nodes.map(({ site, name, level }) => `${level} ${site} ${name}`),
    [
      'critical oslo k3s-1',
      'unknown null silent',
      'unknown null unknown',
      'unknown null unknown',
      'warning oslo k3s-1',
      'ok oslo k3s-1',
      'ok null a',
      'ok oslo a',
      'ok oslo b',
    ],
  );
  assert.deepEqual(report.counts, { critical: 1, unknown: 3, warning: 1, ok: 4 });
  assert.equal(EXIT_CODES[report.level], 2);
  assert.equal(EXIT_CODES[fleetReport([], LIMITS, NOW).level], 3);
});

test('whatever a node says, every text is one printable line, and lists are bounded', () => {
  const nasty = fc.oneof(fc.string({ unit: 'binary' }), fc.constant('\u001b[2J\u202e<script>\n'.repeat(300)));
  fc.assert(
    fc.property(nasty, nasty, (text, other) => {
      const node = only({
        host: text,
        askedAt: NOW,
        status: status({
          version: other,
          mode: text,
          node: { name: text, distribution: other, role: text, version: text },
          labels: Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`${text}${at}`, other])),
          certificates: Array.from({ length: 500 }, (_, at) => certificate(`${text}${at}`, at % 9, { owner: other })),
          renewal: { kind: 'blocked', blockers: [{ why: text }] },
          lastAttempt: {
            startedAt: 0,
            endedAt: 0,
            result: text,
            trigger: other,
            error: { code: text, message: other },
            granted: [],
          },
          alerts: Array.from({ length: 200 }, () => ({
            alert: { code: text, severity: 'critical' as const, subject: other, text, remedy: other },
            since: 0,
          })),
          failingSinks: [text],
        }),
      });
      assert.ok(node.certificates.length <= 200 && node.alerts.length <= 100 && node.troubles.length <= 50);
      assert.ok(Object.keys(node.labels).length <= 20);
      for (const each of stringsIn(node)) assert.ok(each === printable(each) && each.length <= 450, each.slice(0, 500));
    }),
    { numRuns: 30 },
  );
});

function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return [...Object.keys(value), ...Object.values(value).flatMap(stringsIn)];
}
