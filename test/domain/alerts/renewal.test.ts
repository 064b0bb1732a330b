// Observing, waiting, and a renewal that runs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert } from '../../../src/domain/alerts/alert.ts';
import type { AlertCode } from '../../../src/domain/alerts/catalogue.ts';
import { standingAlerts } from '../../../src/domain/alerts/standing.ts';
import type { ReasonCode } from '../../../src/domain/decide/reasons.ts';
import type { Renewal } from '../../../src/domain/model/decision.ts';
import { DAY, MINUTE } from '../../../src/domain/time/duration.ts';
import { staticPod } from '../../support/parts.ts';
import { leaf, NOW, type NodeChange, node } from './alert-node.ts';
import { attempt, blocked, renew, stale, testStanding } from './alert-parts.ts';

const observing = (ids: string[], until: number | null = null) =>
  ({ kind: 'observing', ids, until, why: 'the mode is observe', blockers: [] }) satisfies Renewal;
const observe = { code: 'OBSERVE_MODE' as const, why: 'certagent only observes this node', remedy: 'certagent enable' };
const paused = (code: ReasonCode) => ({ code, why: 'renewals are paused', remedy: 'certagent resume' });
const due = (days: number) => [leaf({ id: 'a', days, verdict: renew }), leaf({ id: 'b', days: 80, verdict: renew })];

testStanding([
  [
    'observing: for the record, each certificate named once',
    { leaves: due(60), renewal: observing(['a', 'b'], NOW + DAY) },
    [['OBSERVING', 'info', 'node', ['a', 'b', 'would be renewed']]],
  ],
  [
    'observing, with 29 days left',
    { leaves: due(29), renewal: observing(['a', 'b']) },
    [['OBSERVING', 'warning', 'node', ['a', 'b']]],
  ],
  [
    'observing, with 6 days left',
    { leaves: due(6), renewal: observing(['a', 'b']) },
    [['OBSERVING', 'critical', 'node', ['a', 'b']]],
  ],
  [
    'observing what has expired: an expiry is reported whatever the mode',
    { leaves: due(-1), renewal: observing(['a', 'b']) },
    [
      ['CERTIFICATE_EXPIRED', 'critical', 'node', ['a']],
      ['OBSERVING', 'critical', 'node', ['a', 'b']],
    ],
  ],
  [
    'another renewer, for the record',
    { preconditions: { otherRenewers: [{ where: '/etc/crontab', what: 'a cron line' }] } },
    [['OTHER_RENEWER', 'info', 'node', ['/etc/crontab']]],
  ],
  ['observing a node on which nothing is due', { renewal: observing([]) }, []],
  [
    'blocked by the mode: other obstacles are named, and no page is sent',
    { leaves: due(60), renewal: { ...blocked, blockers: [observe, ...blocked.blockers], ids: ['a', 'b'] } },
    [['OBSERVING', 'info', 'node', ['DISK_FULL', 'a', 'b']]],
  ],
  [
    'paused: for the record',
    { leaves: due(60), renewal: { ...blocked, blockers: [paused('PAUSED')], ids: ['a', 'b'] } },
    [['RENEWAL_BLOCKED', 'info', 'node', ['PAUSED', 'a', 'b']]],
  ],
  [
    'paused for longer than a certificate is valid',
    { leaves: due(60), renewal: { ...blocked, blockers: [paused('PAUSED_PAST_EXPIRY')], ids: ['a', 'b'] } },
    [['RENEWAL_BLOCKED', 'critical', 'node', ['PAUSED_PAST_EXPIRY', 'a', 'b']]],
  ],
  [
    'waiting for another node',
    {
      leaves: due(20),
      renewal: { kind: 'waiting', until: null, code: 'BACK_OFF', ids: ['a', 'b'], why: 'cp-2 is renewing' },
    },
    [
      ['CERTIFICATE_URGENT', 'warning', 'node', ['a']],
      ['CERTIFICATE_EXPIRING', 'info', 'node', ['b']],
    ],
  ],
]);

test('an alert about observing is sent once, until it warns', () => {
  const once = (days: number) => standingAlerts(node({ leaves: due(days), renewal: observing(['a', 'b']) }))[0]!;
  assert.deepEqual([once(60).once, once(20).once], [true, undefined]);
  assert.equal(
    once(60).text,
    'certagent only observes this node and does not renew 2 certificates; the first, a, expires 2027-04-30 12:00 UTC, in 60 d.',
  );
  assert.doesNotMatch(once(60).remedy, /certagent renew/);
});

test('another renewer is reported once', () => {
  const [one, two] = ['/etc/crontab', 'k8s-certs-renew.timer'].map((where) => ({ where, what: 'renews' }));
  const alertOf = (...otherRenewers: (typeof one & object)[]) =>
    standingAlerts(node({ preconditions: { otherRenewers } }))[0]!;
  assert.equal(alertOf(one!).once, true);
  assert.equal(alertOf(one!).text, "1 other program renews this node's certificates: /etc/crontab.");
  assert.match(alertOf(one!, two!).text, /^2 other programs renew .*: \/etc\/crontab and k8s-certs-renew\.timer\.$/);
});

test('who waits says for what', () => {
  const waiting: Renewal = { kind: 'waiting', until: null, code: 'BACK_OFF', ids: ['a'], why: 'cp-2 is renewing' };
  const [urgent] = standingAlerts(node({ leaves: [leaf({ id: 'a', days: 20, verdict: renew })], renewal: waiting }));
  assert.equal(urgent!.remedy, 'certagent waits with the renewal: cp-2 is renewing.');
});

const SHORT: [days: number, severity: string][] = [
  [6, 'info'],
  [4, 'warning'],
  [2, 'critical'],
];
for (const [days, severity] of SHORT)
  test(`observing a certificate of 20 days with ${days} d left: ${severity}`, () => {
    const { observed, decision } = leaf({ id: 'a', days, nearness: 'due', verdict: renew });
    const leaves = [{ observed, decision: { ...decision, opensAt: decision.notAfter - (20 * DAY) / 3 } }];
    assert.equal(standingAlerts(node({ leaves, renewal: observing(['a']) }))[0]!.severity, severity);
  });

const obstacle = (code: ReasonCode) => ({ code, why: 'x', remedy: 'Do it' });
const HELD: [string, ReasonCode[], boolean, number | undefined][] = [
  ['a component that still starts', ['COMPONENT_UNHEALTHY'], false, 5 * MINUTE],
  ['a unit that still starts, and its components', ['UNIT_NOT_RUNNING', 'COMPONENT_UNHEALTHY'], false, 5 * MINUTE],
  ['a unit that somebody stopped', ['UNIT_NOT_RUNNING'], true, undefined],
  ['a disk that is full besides', ['COMPONENT_UNHEALTHY', 'DISK_FULL'], false, undefined],
];
for (const [what, codes, stopped, holdOff] of HELD)
  test(`blocked by ${what}: held off for ${holdOff ?? 'no time'}`, () => {
    const unit = { name: 'k3s', loaded: true, active: false, stopped, detail: '' };
    const [alert] = standingAlerts(
      node({
        leaves: [leaf({ id: 'a', days: 60, verdict: renew })],
        preconditions: { unit },
        renewal: { kind: 'blocked', ids: ['a'], blockers: codes.map(obstacle) },
      }),
    );
    assert.deepEqual([alert!.code, alert!.holdOff], ['RENEWAL_BLOCKED', holdOff]);
  });

const unfinished = {
  code: 'PLAN_UNFINISHED' as const,
  why: 'an earlier plan is not finished',
  remedy: 'Restart certagent',
};
const halfWay = {
  leaves: [
    leaf({ id: 'a', days: -1, verdict: renew }),
    leaf({ id: 'mine', days: -1, owner: 'operator', verdict: renew }),
  ],
  inventory: {
    served: [stale(1, 'a')],
    findings: [
      { path: '/a.crt', id: 'a', owner: 'kubeadm' as const, reason: 'empty' as const, detail: '' },
      { path: '/o.crt', id: 'o', owner: 'operator' as const, reason: 'empty' as const, detail: '' },
    ],
  },
  renewal: { kind: 'blocked' as const, ids: ['a'], blockers: [unfinished] },
};
const codesAndMembers = (alerts: Alert[]) => alerts.map(({ code, facts }) => [code, Object.keys(facts)]);

test('while a renewal runs, what it is replacing is not raised, nor that it is unfinished', () => {
  assert.deepEqual(codesAndMembers(standingAlerts(node(halfWay))), [
    ['CERTIFICATE_EXPIRED', ['a', 'mine']],
    ['RENEWAL_BLOCKED', ['PLAN_UNFINISHED', 'a']],
    ['FILE_UNREADABLE', ['/a.crt', '/o.crt']],
    ['SERVED_STALE', ['127.0.0.1:6443', 'a']],
  ]);
  assert.deepEqual(codesAndMembers(standingAlerts(node({ ...halfWay, renewing: true }))), [
    ['CERTIFICATE_EXPIRED', ['mine']],
    ['FILE_UNREADABLE', ['/o.crt']],
  ]);
});

test('while a renewal runs, what was active before stays, and another blocker is reported', () => {
  const active = standingAlerts(node({ ...halfWay, configError: 'line 3' }));
  const later = { ...active[0]!, code: 'LATER' as AlertCode };
  const before = [...active.filter(({ code }) => code !== 'FILE_UNREADABLE'), later];
  const other = { kind: 'blocked' as const, ids: ['a'], blockers: [unfinished, ...blocked.blockers] };
  const alerts = standingAlerts(node({ ...halfWay, renewal: other, renewing: true, before }));
  assert.deepEqual(codesAndMembers(alerts), [
    ['CERTIFICATE_EXPIRED', ['mine']],
    ['RENEWAL_BLOCKED', ['DISK_FULL']],
    ['FILE_UNREADABLE', ['/o.crt']],
    ['SERVED_STALE', ['127.0.0.1:6443', 'a']],
  ]);
});

test('while the renewal runs that certagent enable has allowed, nothing says that certagent only observes', () => {
  const before = [{ ...standingAlerts(node(halfWay))[0]!, code: 'OBSERVING' as AlertCode }];
  const codes = (renewal: NodeChange['renewal']) =>
    standingAlerts(node({ ...halfWay, ...(renewal === undefined ? {} : { renewal }), renewing: true, before })).map(
      ({ code }) => code,
    );
  assert.ok(!codes(halfWay.renewal).includes('OBSERVING'));
  // A restore runs in mode "observe", too.
  assert.ok(
    codes({ kind: 'observing', until: null, ids: ['a'], why: 'w', blockers: [unfinished] }).includes('OBSERVING'),
  );
});

test('while a renewal runs that has left nothing due, nothing of it is raised either', () => {
  const none = { kind: 'none' as const, nextAt: null };
  assert.deepEqual(codesAndMembers(standingAlerts(node({ ...halfWay, renewal: none, renewing: true }))), [
    ['CERTIFICATE_EXPIRED', ['mine']],
    ['FILE_UNREADABLE', ['/o.crt']],
  ]);
});

const unhealthy = { components: [{ ...staticPod('kube-scheduler'), healthy: false }] };
const AFTER_FAILURE: [what: string, change: NodeChange, expected: [string, number | undefined][]][] = [
  ['mended', { lastAttempt: attempt('failed') }, []],
  [
    'a foreign CA, under which this node is well',
    { lastAttempt: { ...attempt('failed'), error: { code: 'CA_CHANGED', message: 'a new CA' } } },
    [['RENEWAL_FAILED', undefined]],
  ],
  [
    'mended long ago, and a component starts',
    { lastAttempt: attempt('failed'), preconditions: unhealthy },
    [['RENEWAL_FAILED', 5 * MINUTE]],
  ],
  [
    'just now, and a component does not come back',
    { lastAttempt: { ...attempt('rolled-back'), endedAt: NOW - MINUTE }, preconditions: unhealthy },
    [['RENEWAL_ROLLED_BACK', undefined]],
  ],
  [
    'something is still due',
    { lastAttempt: attempt('failed'), preconditions: unhealthy, renewal: { kind: 'now', ids: [], why: '' } },
    [['RENEWAL_FAILED', undefined]],
  ],
  [
    'without an end',
    { lastAttempt: { ...attempt('failed'), endedAt: null }, preconditions: unhealthy },
    [['RENEWAL_FAILED', undefined]],
  ],
  [
    'it was only interrupted',
    {
      lastAttempt: { ...attempt('rolled-back'), error: { code: 'INTERRUPTED', message: 'was stopped' } },
      preconditions: unhealthy,
    },
    [],
  ],
];
for (const [what, change, expected] of AFTER_FAILURE)
  test(`after a renewal that failed: ${what}`, () => {
    const alerts = standingAlerts(node(change)).filter(({ code }) => code.startsWith('RENEWAL_'));
    assert.deepEqual(
      alerts.map(({ code, holdOff }) => [code, holdOff]),
      expected,
    );
  });

test('after a restore that failed: it is not called a renewal', () => {
  const lastAttempt = { ...attempt('failed'), restores: 'old', endedAt: NOW - MINUTE };
  const [alert] = standingAlerts(node({ lastAttempt, preconditions: unhealthy })).filter(
    ({ code }) => code === 'RENEWAL_FAILED',
  );
  assert.equal(alert?.text, 'The last restore failed.');
});
