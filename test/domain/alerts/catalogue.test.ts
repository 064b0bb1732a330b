import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert } from '../../../src/domain/alerts/alert.ts';
import type { AlertCode } from '../../../src/domain/alerts/catalogue.ts';
import { standingAlerts } from '../../../src/domain/alerts/standing.ts';
import type { CopyOutcome, ServiceUse } from '../../../src/domain/model/journal.ts';
import { DAY } from '../../../src/domain/time/duration.ts';
import { leaf, NOW, node } from './alert-node.ts';
import { aliceLeaf, attempt, blocked, renew, stale, testStanding } from './alert-parts.ts';

const doubtful = { clock: { synchronized: false, detail: 'not', doubt: 'it is not synchronised' } };

const nowhere = { node: { ...node().inventory.node, distribution: null, role: null, missing: ['any trace'] } };
const active = (code: AlertCode): Alert => ({
  code,
  severity: 'warning',
  subject: 'node',
  text: 'Something was sent.',
  remedy: 'Do something',
  facts: { other: 'soon' },
});

const serviceCopy = (path: string, service: ServiceUse, result: CopyOutcome['result'] = 'current'): CopyOutcome => ({
  path,
  user: 'root',
  result,
  detail: '',
  certificates: [],
  service,
});

testStanding([
  [
    'copies of keys that rotations have left',
    { preconditions: { keyCopies: ['/k/server/tls-1795755972'] } },
    [['KEY_COPIES_LEFT', 'info', 'node', ['/k/server/tls-1795755972']]],
  ],
  [
    'the failure of the last renewal',
    { lastAttempt: attempt('failed'), renewal: { kind: 'waiting', until: NOW, code: 'BACK_OFF', ids: [], why: '' } },
    [['RENEWAL_FAILED', 'critical', 'node', ['reason', 'started']]],
  ],
  [
    'a renewal that was rolled back',
    {
      lastAttempt: attempt('rolled-back'),
      renewal: { kind: 'waiting', until: NOW, code: 'BACK_OFF', ids: [], why: '' },
    },
    [['RENEWAL_ROLLED_BACK', 'warning', 'node', ['reason', 'started']]],
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
            isSameUser: false,
            processArguments: [],
            pod: null,
            version: null,
            delaysShutdown: false,
            health: null,
          },
        ],
      },
    },
    [['RENEWAL_FAILED', 'critical', 'node', ['reason', 'started']]],
  ],
  [
    'a renewal that was rolled back and is pressing, and a server that keeps the previous certificate',
    {
      lastAttempt: attempt('rolled-back'),
      leaves: [leaf({ id: 'apiserver', days: 20, verdict: renew })],
      inventory: { served: [stale(20)] },
    },
    [
      ['CERTIFICATE_URGENT', 'warning', 'node', ['apiserver']],
      ['RENEWAL_ROLLED_BACK', 'critical', 'node', ['reason', 'started']],
      ['SERVED_STALE', 'warning', 'kube-apiserver', ['127.0.0.1:6443', 'apiserver']],
    ],
  ],
  [
    'a failure after which only a server keeps the previous certificate',
    { lastAttempt: attempt('failed'), inventory: { served: [stale(200)] } },
    [
      ['RENEWAL_FAILED', 'critical', 'node', ['reason', 'started']],
      ['SERVED_STALE', 'warning', 'kube-apiserver', ['127.0.0.1:6443', 'apiserver']],
    ],
  ],
  ['a failure that somebody repaired', { lastAttempt: attempt('failed') }, []],
  [
    'a success',
    { lastAttempt: attempt('succeeded'), renewal: { kind: 'waiting', until: NOW, code: 'BACK_OFF', ids: [], why: '' } },
    [],
  ],
  [
    'a Lease that may not be used',
    { coordination: { why: 'the Lease cannot be used: 403', remedy: 'Allow it.' } },
    [['COORDINATION_DEGRADED', 'warning', 'node', ['reason']]],
  ],
  [
    'requests of the kubelet that nobody has approved',
    { servingRequests: [{ name: 'csr-7', createdAt: '2026-11-27T02:14:00Z' }] },
    [['SERVING_CSR_PENDING', 'warning', 'node', ['kubelet']]],
  ],
  ['no request of the kubelet', { servingRequests: [] }, []],
  ['turns that are taken by the Lease', { coordination: null }, []],
  [
    'a configuration that does not set the mode any more',
    { modeMissing: true },
    [['MODE_MISSING', 'warning', 'node', ['mode']]],
  ],
  ['a refused configuration', { configError: 'line 3: …' }, [['CONFIG_REFUSED', 'warning', 'node', ['reason']]]],
  [
    'a doubtful clock: an expiry that was active stays, and none is raised',
    {
      leaves: [leaf({ id: 'apiserver', days: -3 })],
      inventory: doubtful,
      before: [active('CERTIFICATE_URGENT'), active('SINK_FAILING')],
    },
    [
      ['CLOCK_DOUBTFUL', 'critical', 'node', ['clock', 'expired first']],
      ['CERTIFICATE_URGENT', 'warning', 'node', ['other']],
    ],
  ],
  [
    'a doubtful clock, by which something expires soon',
    { leaves: [leaf({ id: 'a', days: 200 }), leaf({ id: 'b', days: 1 })], inventory: doubtful },
    [['CLOCK_DOUBTFUL', 'critical', 'node', ['clock', 'expires first']]],
  ],
  [
    'a doubtful clock, by which a CA expires soon',
    { leaves: [leaf({ id: 'ca', days: 20, isCa: true })], inventory: doubtful },
    [['CLOCK_DOUBTFUL', 'critical', 'node', ['clock', 'expires first']]],
  ],
  [
    "a doubtful clock, and nothing of the node's own is near its end",
    {
      leaves: [
        leaf({ id: 'a', days: 80 }),
        aliceLeaf(-3),
        leaf({ id: 'a#1', days: -3, isCa: true, place: { kind: 'pem', path: '/a.crt', index: 1 } }),
      ],
      inventory: doubtful,
    },
    [['CLOCK_DOUBTFUL', 'warning', 'node', ['clock']]],
  ],
  [
    'a machine that is not a node',
    { leaves: [], inventory: nowhere },
    [['NODE_UNKNOWN', 'warning', 'node', ['missing']]],
  ],
  [
    'a node that is missing, of which an alert was active: that is not an all-clear',
    {
      leaves: [],
      inventory: nowhere,
      before: [active('CERTIFICATE_URGENT'), active('LATER' as AlertCode), active('SINK_FAILING')],
    },
    [
      ['NODE_UNKNOWN', 'critical', 'node', ['missing']],
      ['CERTIFICATE_URGENT', 'warning', 'node', ['other']],
      ['LATER', 'warning', 'node', ['other']],
    ],
  ],
  [
    'the same once more, when nothing else was active',
    { leaves: [], inventory: nowhere, before: [{ ...active('NODE_UNKNOWN'), severity: 'critical' }] },
    [['NODE_UNKNOWN', 'critical', 'node', ['missing']]],
  ],
  ['no node, but certificates of the operator’s', { inventory: nowhere }, []],
  [
    'a clock of which nothing is known',
    { inventory: { clock: { synchronized: null, detail: 'no', doubt: null } } },
    [],
  ],
  [
    'a hook that others can change',
    { inventory: { hooks: { hooks: [], refused: [{ path: '/h', why: 'belongs to alice' }] } } },
    [['HOOK_REFUSED', 'warning', 'node', ['/h']]],
  ],
  [
    'services that do not use their copies',
    {
      copies: [
        serviceCopy('/a', { reload: 'exited with 1', served: null }),
        serviceCopy('/b', { reload: null, served: { address: 'h:1', state: 'stale', notAfter: NOW + 8 * DAY } }),
        serviceCopy('/c', { reload: 'no', served: { address: 'h:1', state: 'stale', notAfter: NOW + 6 * DAY } }),
        serviceCopy('/d', { reload: null, served: { address: 'h:1', state: 'unreachable', detail: 'refused' } }),
        serviceCopy('/e', { reload: null, served: { address: 'h:1', state: 'current', notAfter: NOW } }),
        serviceCopy('/f', { reload: null, served: { address: 'h:1', state: 'stale', notAfter: NOW } }, 'pending'),
      ],
    },
    [
      ['COPY_NOT_LOADED', 'warning', '/a', ['reload']],
      ['COPY_NOT_LOADED', 'warning', '/b', ['h:1']],
      ['COPY_NOT_LOADED', 'critical', '/c', ['reload', 'h:1']],
      ['COPY_NOT_LOADED', 'warning', '/d', ['h:1']],
    ],
  ],
  ['a dead sink', { failingSinks: ['mail'] }, [['SINK_FAILING', 'warning', 'node', ['mail']]]],
]);

for (const [days, words] of [
  [1, 'expires soon (2027-03-02 12:00 UTC, in 1 d)'],
  [-5, 'has expired (2027-02-24 12:00 UTC, 5 d ago)'],
] as const)
  test(`a doubtful clock names the first expiry that it shows, and says that it may be wrong: ${words}`, () => {
    const leaves = [leaf({ id: 'later', days: 20 }), leaf({ id: 'first', days }), leaf({ id: 'far', days: 300 })];
    const [alert] = standingAlerts(node({ leaves, inventory: doubtful }));
    assert.equal(
      alert!.text,
      `This node's clock is doubtful: it is not synchronised. Until it is correct, certagent does not renew, and reports no other expiry. By this clock, which may be wrong, first ${words}.`,
    );
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
