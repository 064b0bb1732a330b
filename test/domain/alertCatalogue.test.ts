import assert from 'node:assert/strict';
import { test } from 'node:test';
import { events, standingAlerts } from '../../src/domain/alertCatalogue.ts';
import type { Attempt, Verdict } from '../../src/domain/decision.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/domain/duration.ts';
import type { ComponentName, ServedCertificate } from '../../src/domain/inventory.ts';
import type { CopyOutcome, PlanOutcome } from '../../src/domain/journal.ts';
import { staticPod } from '../support/parts.ts';
import { leaf, NOW, type NodeChange, node } from './alertNode.ts';

const renew: Verdict = { kind: 'renew', code: 'DUE', why: 'due' };
const escalate = (code: string): Verdict => ({ kind: 'escalate', code, why: 'not ours', remedy: 'Ask its owner' });
const key = (state: 'differs' | 'missing' | 'unreadable' | 'matches', readableByOthers = false) => ({
  state,
  path: '/k',
  mode: 0o644,
  readableByOthers,
});
const stale = (days: number, expects = 'apiserver'): ServedCertificate => ({
  endpoint: { name: 'kube-apiserver', host: '127.0.0.1', port: 6443, expects },
  state: 'stale',
  certificate: { serial: '0A', fingerprint: 'f', notAfter: NOW + days * DAY, subject: 'CN=apiserver' },
});
const attempt = (result: Attempt['result']): Attempt => ({
  planId: 'p',
  startedAt: NOW - DAY,
  endedAt: NOW - DAY + MINUTE,
  result,
  trigger: 'schedule',
  error: { code: 'X', message: 'kube-apiserver did not come back' },
  granted: [],
});
const copy = (result: CopyOutcome['result']): CopyOutcome => ({
  path: '/home/alice/.kube/config',
  user: 'alice',
  result,
  detail: 'because',
  certificates: [],
});
const aliceLeaf = (days: number) =>
  leaf({
    id: 'alice',
    days,
    owner: 'copy',
    place: { kind: 'kubeconfig', path: '/home/alice/.kube/config', entry: 'user', name: 'admin', index: 0 },
  });
const loaded = (id: string, component: ComponentName, modifiedAt: number) =>
  leaf({ id, days: 300, component, file: { mode: 0o600, uid: 0, gid: 0, modifiedAt, changedAt: modifiedAt } });
const blocked = {
  kind: 'blocked' as const,
  blockers: [{ code: 'DISK', why: 'the disk is full', remedy: 'Make room' }],
};

/** State of the node → code, severity, subject and members of every alert that stands. */
const CASES: [name: string, change: NodeChange, expected: [string, string, string, string[]][]][] = [
  ['nothing', {}, []],
  [
    'due certificates are one message, and only for the record',
    { leaves: ['a', 'b', 'c'].map((id) => leaf({ id, days: 60, verdict: renew })) },
    [['CERTIFICATE_EXPIRING', 'info', 'node', ['a', 'b', 'c']]],
  ],
  [
    'urgent',
    { leaves: [leaf({ id: 'a', days: 20, verdict: renew })] },
    [['CERTIFICATE_URGENT', 'warning', 'node', ['a']]],
  ],
  [
    'urgent in its last days',
    { leaves: [leaf({ id: 'a', days: 6, verdict: renew }), leaf({ id: 'b', days: 20, verdict: renew })] },
    [['CERTIFICATE_URGENT', 'critical', 'node', ['a', 'b']]],
  ],
  [
    'an expired certificate is not urgent besides',
    { leaves: [leaf({ id: 'a', days: -1, verdict: renew }), leaf({ id: 'b', days: 20, verdict: renew })] },
    [
      ['CERTIFICATE_EXPIRED', 'critical', 'node', ['a']],
      ['CERTIFICATE_URGENT', 'warning', 'node', ['b']],
    ],
  ],
  [
    'not yet valid',
    { leaves: [leaf({ id: 'a', days: 400, nearness: 'not-yet-valid' })] },
    [['CERTIFICATE_NOT_YET_VALID', 'critical', 'node', ['a']]],
  ],
  [
    'a blocked renewal names its certificates once',
    {
      leaves: [leaf({ id: 'a', days: 60, verdict: renew }), leaf({ id: 'b', days: 70, verdict: renew })],
      renewal: { ...blocked, ids: ['a', 'b'] },
    },
    [['RENEWAL_BLOCKED', 'warning', 'node', ['DISK', 'a', 'b']]],
  ],
  [
    'a blocked renewal of urgent certificates',
    { leaves: [leaf({ id: 'a', days: 20, verdict: renew })], renewal: { ...blocked, ids: ['a'] } },
    [['RENEWAL_BLOCKED', 'critical', 'node', ['DISK', 'a']]],
  ],
  ['blocked in general', { renewal: { ...blocked, ids: [] } }, [['RENEWAL_BLOCKED', 'warning', 'node', ['DISK']]]],
  [
    'what a person has to renew, by reason',
    {
      leaves: [
        leaf({ id: 'a', days: 60, owner: 'external-ca', verdict: escalate('EXTERNAL_CA') }),
        leaf({ id: 'b', days: 20, owner: 'external-ca', verdict: escalate('EXTERNAL_CA') }),
        leaf({ id: 'c', days: 60, owner: 'operator', verdict: escalate('OPERATOR') }),
        leaf({ id: 'd', days: 6, owner: 'kubelet', verdict: escalate('KUBELET') }),
        leaf({ id: 'e', days: 300, owner: 'operator', verdict: escalate('OPERATOR') }),
      ],
    },
    [
      ['RENEWAL_NOT_OURS', 'critical', 'EXTERNAL_CA', ['a', 'b']],
      ['RENEWAL_NOT_OURS', 'info', 'OPERATOR', ['c']],
      ['RENEWAL_NOT_OURS', 'critical', 'KUBELET', ['d']],
    ],
  ],
  [
    'an expired certificate that a person has to renew',
    { leaves: [leaf({ id: 'a', days: -1, owner: 'external-ca', verdict: escalate('EXTERNAL_CA') })] },
    [['CERTIFICATE_EXPIRED', 'critical', 'node', ['a']]],
  ],
  ['a copy that sync keeps up to date', { leaves: [aliceLeaf(20)], copies: [copy('current')] }, []],
  [
    'a copy that sync leaves alone, expired or not, is not critical',
    {
      leaves: [20, -1].map((days) => ({
        observed: { ...aliceLeaf(days).observed, id: `alice ${days}` },
        decision: { ...aliceLeaf(days).decision, id: `alice ${days}`, verdict: escalate('COPY_ENDING') },
      })),
      copies: [copy('left')],
    },
    [['RENEWAL_NOT_OURS', 'info', 'COPY_ENDING', ['alice 20', 'alice -1']]],
  ],
  ['a copy that would be brought up to date', { leaves: [aliceLeaf(20)], copies: [copy('pending')] }, []],
  [
    'a copy that is not valid yet',
    {
      leaves: [
        {
          observed: aliceLeaf(400).observed,
          decision: { ...aliceLeaf(400).decision, nearness: 'not-yet-valid', verdict: escalate('NOT_YET_VALID') },
        },
      ],
      copies: [copy('left')],
    },
    [],
  ],
  ['a copy of what the node holds', { leaves: [aliceLeaf(20)] }, []],
  [
    'a broken pair near its end is told by its own alert',
    { leaves: [leaf({ id: 'a', days: 60, key: key('differs'), verdict: escalate('KEY_MISMATCH') })] },
    [['KEY_MISMATCH', 'critical', 'node', ['a']]],
  ],
  [
    "another cluster's CA in a user's kubeconfig",
    { leaves: [leaf({ id: 'alice: other', days: 10, isCa: true, owner: 'copy' })] },
    [],
  ],
  [
    'a copy that could not be brought up to date',
    { leaves: [aliceLeaf(-1)], copies: [copy('failed')] },
    [['COPY_NOT_UPDATED', 'warning', 'node', ['/home/alice/.kube/config']]],
  ],
  ...(
    [
      [364, 'info', ['ca']],
      [179, 'warning', ['ca', 'ca: 180 d before its end']],
      [89, 'warning', ['ca', 'ca: 180 d before its end', 'ca: 90 d before its end']],
      [29, 'critical', ['ca', 'ca: 180 d before its end', 'ca: 90 d before its end', 'ca: 30 d before its end']],
    ] as const
  ).map(([days, severity, members]): (typeof CASES)[number] => [
    `a CA that ends in ${days} days, also behind its leaf`,
    {
      leaves: [
        leaf({ id: 'client-admin#1', days, isCa: true, owner: 'k3s', fingerprint: 'x' }),
        leaf({ id: 'ca', days, isCa: true, fingerprint: 'x' }),
        leaf({ id: 'client-ca#1', days, isCa: true, owner: 'k3s', fingerprint: 'x' }),
      ],
    },
    [['CA_ENDING', severity, 'node', [...members]]],
  ]),
  [
    'a leaf that outlives its CA',
    { leaves: [leaf({ id: 'a', days: 500, caDays: 400 })] },
    [['LEAF_OUTLIVES_CA', 'warning', 'node', ['a']]],
  ],
  [
    'the failure of the last renewal',
    { lastAttempt: attempt('failed'), renewal: { kind: 'defer', until: NOW, ids: [], why: '' } },
    [['RENEWAL_FAILED', 'critical', 'node', ['reason', 'began']]],
  ],
  [
    'a renewal that was rolled back',
    { lastAttempt: attempt('rolled-back'), renewal: { kind: 'defer', until: NOW, ids: [], why: '' } },
    [['RENEWAL_ROLLED_BACK', 'warning', 'node', ['reason', 'began']]],
  ],
  [
    'a failure whose component is still down, though nothing is due any more',
    {
      lastAttempt: { ...attempt('failed'), error: null },
      preconditions: {
        components: [
          {
            name: 'kube-apiserver',
            manifest: '/m.yaml',
            pid: null,
            startedAt: null,
            healthy: false,
            detail: 'no process',
            processArguments: [],
            health: null,
          },
        ],
      },
    },
    [['RENEWAL_FAILED', 'critical', 'node', ['reason', 'began']]],
  ],
  [
    'a renewal that was rolled back and is pressing, and a server that stays with the old certificate',
    {
      lastAttempt: attempt('rolled-back'),
      leaves: [leaf({ id: 'apiserver', days: 20, verdict: renew })],
      inventory: { served: [stale(20)] },
    },
    [
      ['CERTIFICATE_URGENT', 'warning', 'node', ['apiserver']],
      ['RENEWAL_ROLLED_BACK', 'critical', 'node', ['reason', 'began']],
      ['SERVED_STALE', 'warning', 'kube-apiserver', ['127.0.0.1:6443', 'apiserver']],
    ],
  ],
  [
    'a failure after which only a server stays with the old certificate',
    { lastAttempt: attempt('failed'), inventory: { served: [stale(200)] } },
    [
      ['RENEWAL_FAILED', 'critical', 'node', ['reason', 'began']],
      ['SERVED_STALE', 'warning', 'kube-apiserver', ['127.0.0.1:6443', 'apiserver']],
    ],
  ],
  ['a failure that somebody mended', { lastAttempt: attempt('failed') }, []],
  ['a success', { lastAttempt: attempt('succeeded'), renewal: { kind: 'defer', until: NOW, ids: [], why: '' } }, []],
  [
    'a key of another certificate',
    { leaves: [leaf({ id: 'a', days: 300, key: key('differs') })] },
    [['KEY_MISMATCH', 'critical', 'node', ['a']]],
  ],
  [
    'no key',
    { leaves: [leaf({ id: 'a', days: 300, key: key('missing') })] },
    [['KEY_UNREADABLE', 'warning', 'node', ['a']]],
  ],
  [
    'a key for everybody',
    { leaves: [leaf({ id: 'a', days: 300, key: key('matches', true) })] },
    [['KEY_READABLE', 'warning', 'node', ['a']]],
  ],
  ['no key is expected', { leaves: [leaf({ id: 'a', days: 300, key: { state: 'not-expected' } })] }, []],
  [
    'another CA signed it',
    { leaves: [leaf({ id: 'a', days: 300, issuance: { state: 'not-signed' } })] },
    [['NOT_SIGNED_BY_CA', 'critical', 'node', ['a']]],
  ],
  [
    'unreadable files',
    { inventory: { findings: [{ path: '/a.crt', id: null, owner: 'kubeadm', reason: 'empty', detail: '' }] } },
    [['FILE_UNREADABLE', 'warning', 'node', ['/a.crt']]],
  ],
  [
    "unreadable files, of which one user's copy is told by sync",
    {
      inventory: {
        findings: [
          { path: '/a.crt', id: null, owner: 'kubeadm', reason: 'binary', detail: 'no text' },
          { path: '/b.crt', id: null, owner: 'copy', reason: 'empty', detail: '' },
          { path: '/home/alice/.kube/config', id: null, owner: 'copy', reason: 'empty', detail: '' },
        ],
      },
      copies: [copy('refused')],
    },
    [
      ['FILE_UNREADABLE', 'warning', 'node', ['/a.crt', '/b.crt']],
      ['COPY_NOT_UPDATED', 'warning', 'node', ['/home/alice/.kube/config']],
    ],
  ],
  [
    'a server with another certificate',
    { inventory: { served: [stale(100)] } },
    [['SERVED_STALE', 'warning', 'kube-apiserver', ['127.0.0.1:6443', 'apiserver']]],
  ],
  [
    'a server with an expired certificate',
    { inventory: { served: [stale(-1, 'gone')] } },
    [['SERVED_STALE', 'critical', 'kube-apiserver', ['127.0.0.1:6443', 'gone']]],
  ],
  [
    'a server that may still be loading a file of five minutes ago',
    {
      leaves: [
        leaf({
          id: 'apiserver',
          days: 300,
          file: { mode: 0o644, uid: 0, gid: 0, modifiedAt: NOW - 400 * DAY, changedAt: NOW - 5 * MINUTE },
        }),
      ],
      inventory: { served: [stale(10)] },
    },
    [],
  ],
  [
    'a kubeconfig that was renewed by hand, and components that were not restarted',
    {
      leaves: [
        loaded('scheduler.conf', 'kube-scheduler', NOW - 2 * HOUR),
        loaded('controller-manager.conf', 'kube-controller-manager', NOW - 2 * HOUR),
        loaded('apiserver', 'kube-apiserver', NOW - 2 * HOUR),
      ],
      preconditions: {
        components: (['kube-apiserver', 'kube-scheduler', 'kube-controller-manager'] as const).map((name) => ({
          ...staticPod(name),
          startedAt: NOW - DAY,
        })),
      },
    },
    [['NOT_LOADED', 'warning', 'node', ['scheduler.conf', 'controller-manager.conf']]],
  ],
  [
    'a failure after which one component was not restarted: it stands, though somebody may be at it and no word is lost on that',
    {
      lastAttempt: attempt('failed'),
      leaves: [loaded('scheduler.conf', 'kube-scheduler', NOW - MINUTE)],
      preconditions: { components: [{ ...staticPod('kube-scheduler'), startedAt: NOW - DAY }] },
    },
    [['RENEWAL_FAILED', 'critical', 'node', ['reason', 'began']]],
  ],
  [
    'components that began after their files, within the tolerance, or of which no process is there',
    {
      leaves: [
        loaded('scheduler.conf', 'kube-scheduler', NOW - DAY),
        loaded('controller-manager.conf', 'kube-controller-manager', NOW - DAY),
        loaded('apiserver-kubelet-client', 'kube-apiserver', NOW - DAY),
      ],
      preconditions: {
        components: [
          { ...staticPod('kube-scheduler'), startedAt: NOW - HOUR },
          { ...staticPod('kube-controller-manager'), startedAt: NOW - DAY - SECOND },
          { ...staticPod('kube-apiserver'), startedAt: null },
        ],
      },
    },
    [],
  ],
  [
    'a restart that would make a new CA',
    { preconditions: { hazards: [{ code: 'ca-key-missing', path: '/client-ca.key', detail: 'not there' }] } },
    [['RESTART_HAZARD', 'critical', 'node', ['/client-ca.key']]],
  ],
  [
    'a restart that would fail',
    { preconditions: { unit: null, hazards: [{ code: 'kubeconfig-unwritable', path: '/k3s.yaml', detail: '' }] } },
    [['RESTART_HAZARD', 'warning', 'node', ['/k3s.yaml']]],
  ],
  ['a refused configuration', { configError: 'line 3: …' }, [['CONFIG_REFUSED', 'warning', 'node', ['reason']]]],
  [
    'a doubtful clock: no end is told that had not been told before',
    {
      leaves: [leaf({ id: 'apiserver', days: -3 })],
      inventory: { clock: { synchronized: false, detail: 'not', doubt: 'it is not synchronised' } },
      before: [
        {
          code: 'CERTIFICATE_URGENT',
          severity: 'warning',
          subject: 'node',
          text: 'Something was told.',
          remedy: 'Do something',
          facts: { other: 'soon' },
        },
        {
          code: 'SINK_FAILING',
          severity: 'warning',
          subject: 'node',
          text: 'Something was told.',
          remedy: 'Do something',
          facts: { mail: '' },
        },
      ],
    },
    [
      ['CLOCK_DOUBTFUL', 'warning', 'node', ['clock']],
      ['CERTIFICATE_URGENT', 'warning', 'node', ['other']],
    ],
  ],
  ['a clock nobody can tell about', { inventory: { clock: { synchronized: null, detail: 'no', doubt: null } } }, []],
  ['a dead sink', { failingSinks: ['mail'] }, [['SINK_FAILING', 'warning', 'node', ['mail']]]],
];

for (const [name, change, expected] of CASES)
  test(`stands: ${name}`, () => {
    const alerts = standingAlerts(node(change));
    const seen = alerts.map(({ code, severity, subject, facts }) => [code, severity, subject, Object.keys(facts)]);
    assert.deepEqual(seen, expected);
    for (const { text, remedy } of alerts) {
      assert.match(text, /^[\dA-Za-z].*[^.]\.$/, 'a sentence');
      assert.notEqual(remedy, '');
    }
  });

test('what is not known is said so', () => {
  const [mode] = standingAlerts(
    node({ leaves: [leaf({ id: 'a', days: 300, key: { ...key('matches', true), mode: null } })] }),
  );
  assert.equal(mode!.facts.a, '/k: readable by others');
  const [signed] = standingAlerts(
    node({ leaves: [leaf({ id: 'a', days: 300, issuance: { state: 'not-signed', ca: null } })] }),
  );
  assert.equal(signed!.facts.a, 'should be signed by its CA, says CN=kubernetes');
  const state = node({ preconditions: { hazards: [{ code: 'leaf-garbage', path: '/l', detail: '' }] } });
  const [hazard] = standingAlerts({
    ...state,
    inventory: { ...state.inventory, node: { ...state.inventory.node, distribution: null } },
  });
  assert.match(hazard!.text, /^A restart of this node would/);
});

test('a certificate that nothing was decided about is passed over', () => {
  const state = node({ leaves: [leaf({ id: 'a', days: -1 })] });
  assert.deepEqual(standingAlerts({ ...state, decisions: { ...state.decisions, certificates: [] } }), []);
});

test('a node with everything wrong gets one message for each kind of trouble', () => {
  const ids = Array.from({ length: 14 }, (_, index) => `leaf-${index}`);
  const alerts = standingAlerts(
    node({ leaves: ids.map((id) => leaf({ id, days: -3, verdict: renew })), renewal: { ...blocked, ids } }),
  );
  assert.deepEqual(
    alerts.map(({ code }) => code),
    ['CERTIFICATE_EXPIRED', 'RENEWAL_BLOCKED'],
  );
  assert.equal(alerts[0]!.text, '14 certificates have expired: leaf-0, leaf-1 and 12 more.');
  assert.equal(alerts[0]!.facts['leaf-13'], '2027-02-26 12:00 UTC, 3 d ago');
  assert.equal(alerts[1]!.text, 'The renewal of 14 certificates is blocked: the disk is full.');
  assert.equal(alerts[1]!.remedy, 'Make room.');
});

const outcome = (change: Partial<PlanOutcome>): PlanOutcome => ({
  planId: 'p',
  result: 'succeeded',
  keptNew: false,
  error: null,
  granted: [{ id: 'a', notAfter: NOW + 365 * DAY }],
  ...change,
});
const silent = outcome({ result: 'failed', keptNew: true, granted: [] });
const failure = { code: 'X', message: 'did not come back', remedy: 'Look at its log' };

const EVENTS: [string, Parameters<typeof events>[0], [string, string, string][]][] = [
  ['nothing', { outcome: null, recovered: false, copies: [copy('current'), copy('left')] }, []],
  ['renewed', { outcome: outcome({}), recovered: false, copies: [] }, [['RENEWED', 'info', '1 certificate renewed.']]],
  [
    'failed: that stands, and is no event',
    { outcome: outcome({ result: 'failed', error: failure }), recovered: false, copies: [] },
    [],
  ],
  [
    'kept new',
    { outcome: outcome({ result: 'failed', keptNew: true, error: failure }), recovered: false, copies: [] },
    [
      [
        'RENEWAL_KEPT_NEW',
        'critical',
        'A renewal failed, and the new certificates were kept because the old ones had expired.',
      ],
    ],
  ],
  [
    'kept new, and nobody knows why',
    { outcome: silent, recovered: false, copies: [] },
    [
      [
        'RENEWAL_KEPT_NEW',
        'critical',
        'A renewal failed, and the new certificates were kept because the old ones had expired.',
      ],
    ],
  ],
  [
    'finished after a crash',
    { outcome: outcome({}), recovered: true, copies: [] },
    [
      ['RECOVERED', 'warning', 'A renewal that was cut short was finished at the start of certagent.'],
      ['RENEWED', 'info', '1 certificate renewed.'],
    ],
  ],
  [
    'undone after a crash',
    { outcome: outcome({ result: 'rolled-back', granted: [] }), recovered: true, copies: [] },
    [['RECOVERED', 'warning', 'A renewal that was cut short was undone or ended at the start of certagent.']],
  ],
  [
    'copies',
    { outcome: null, recovered: false, copies: [copy('updated'), { ...copy('created'), path: '/b', user: 'bob' }] },
    [['COPIES_UPDATED', 'info', '2 kubeconfig copies brought up to date: alice and bob.']],
  ],
];
for (const [name, input, expected] of EVENTS)
  test(`event: ${name}`, () =>
    assert.deepEqual(
      events(input).map(({ code, severity, text }) => [code, severity, text]),
      expected,
    ));
