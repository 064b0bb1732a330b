import assert from 'node:assert/strict';
import { test } from 'node:test';
import { standingAlerts } from '../../../src/domain/alerts/standing.ts';
import { DAY } from '../../../src/domain/time/duration.ts';
import { leaf, type NodeChange, node } from './alert-node.ts';
import { aliceLeaf, blocked, type Case, copy, escalate, key, loopback, renew, testStanding } from './alert-parts.ts';

const file = { kind: 'pem', path: '/tls/client-admin.crt', index: 0 } as const;
const entry = { kind: 'kubeconfig', path: '/admin.conf', entry: 'cluster', name: 'default', index: 0 } as const;

/** Of a cluster whose certificates are valid for 20 days. */
const shortLived = (days: number, nearness: 'due' | 'urgent') => {
  const { observed, decision } = leaf({ id: 'a', days, nearness, verdict: renew });
  const before = (share: number) => decision.notAfter - (20 * DAY) / share;
  return { observed, decision: { ...decision, opensAt: before(3), urgentAt: before(6) } };
};

testStanding([
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
    'a short-lived certificate that is due pages nobody, however near its expiry',
    { leaves: [shortLived(5, 'due')] },
    [['CERTIFICATE_EXPIRING', 'info', 'node', ['a']]],
  ],
  [
    'a short-lived certificate that is urgent',
    { leaves: [shortLived(3, 'urgent')] },
    [['CERTIFICATE_URGENT', 'warning', 'node', ['a']]],
  ],
  [
    'a short-lived certificate in the last third of its renewal window',
    { leaves: [shortLived(2, 'urgent')] },
    [['CERTIFICATE_URGENT', 'critical', 'node', ['a']]],
  ],
  [
    'an expired certificate is not urgent besides',
    { leaves: [leaf({ id: 'a', days: -1, verdict: renew }), leaf({ id: 'b', days: 20, verdict: renew })] },
    [
      ['CERTIFICATE_EXPIRED', 'critical', 'node', ['a']],
      ['CERTIFICATE_URGENT', 'warning', 'node', ['b']],
    ],
  ],
  ['a loopback certificate with 61 days left', { preconditions: { loopback: loopback(61) } }, []],
  [
    'a loopback certificate with 60 days left',
    { preconditions: { loopback: loopback(60) } },
    [['LOOPBACK_EXPIRES', 'warning', 'kube-apiserver', ['apiserver-loopback-client']]],
  ],
  [
    'a loopback certificate in its last days',
    { preconditions: { loopback: loopback(6) } },
    [['LOOPBACK_EXPIRES', 'critical', 'kube-apiserver', ['apiserver-loopback-client']]],
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
    [['RENEWAL_BLOCKED', 'warning', 'node', ['DISK_FULL', 'a', 'b']]],
  ],
  [
    'a blocked renewal of urgent certificates',
    { leaves: [leaf({ id: 'a', days: 20, verdict: renew })], renewal: { ...blocked, ids: ['a'] } },
    [['RENEWAL_BLOCKED', 'critical', 'node', ['DISK_FULL', 'a']]],
  ],
  ['blocked in general', { renewal: { ...blocked, ids: [] } }, [['RENEWAL_BLOCKED', 'warning', 'node', ['DISK_FULL']]]],
  [
    'what a person has to renew, by reason',
    {
      leaves: [
        leaf({ id: 'a', days: 60, owner: 'external-ca', verdict: escalate('EXTERNAL_CA') }),
        leaf({ id: 'b', days: 20, owner: 'external-ca', verdict: escalate('EXTERNAL_CA') }),
        leaf({ id: 'c', days: 60, owner: 'operator', verdict: escalate('OPERATOR_RENEWS') }),
        leaf({ id: 'd', days: 6, owner: 'kubelet', verdict: escalate('KUBELET_NOT_ROTATING') }),
        leaf({ id: 'e', days: 300, owner: 'operator', verdict: escalate('OPERATOR_RENEWS') }),
      ],
    },
    [
      ['RENEWAL_NOT_OURS', 'critical', 'EXTERNAL_CA', ['a', 'b']],
      ['RENEWAL_NOT_OURS', 'info', 'OPERATOR_RENEWS', ['c']],
      ['RENEWAL_NOT_OURS', 'critical', 'KUBELET_NOT_ROTATING', ['d']],
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
    'a broken pair near expiry is reported by its own alert',
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
      [179, 'warning', ['ca', 'ca: 180 d before expiry']],
      [89, 'warning', ['ca', 'ca: 180 d before expiry', 'ca: 90 d before expiry']],
      [29, 'critical', ['ca', 'ca: 180 d before expiry', 'ca: 90 d before expiry', 'ca: 30 d before expiry']],
    ] as const
  ).map(
    ([days, severity, members]): Case => [
      `a CA that expires in ${days} days, also behind its leaf`,
      {
        leaves: [
          leaf({ id: 'client-admin#1', days, isCa: true, fingerprint: 'x', place: { ...file, index: 1 } }),
          leaf({ id: 'admin.conf/cluster/default', days, isCa: true, fingerprint: 'x', place: entry }),
          leaf({ id: 'ca', days, isCa: true, fingerprint: 'x' }),
          leaf({ id: 'client-ca#1', days, isCa: true, fingerprint: 'x', place: { ...file, index: 1 } }),
        ],
      },
      [['CA_ENDING', severity, 'node', [...members]]],
    ],
  ),
  [
    "the kubelet's throw-away CA is not a CA of the cluster",
    { leaves: [leaf({ id: 'kubelet-serving#1', days: 20, isCa: true, owner: 'kubelet' })] },
    [],
  ],
  [
    "a CA in an operator's file is the operator's to renew",
    {
      leaves: [
        leaf({ id: '/etc/ssl/ca.crt', days: 20, isCa: true, owner: 'operator', verdict: escalate('OPERATOR_RENEWS') }),
      ],
    },
    [['RENEWAL_NOT_OURS', 'warning', 'OPERATOR_RENEWS', ['/etc/ssl/ca.crt']]],
  ],
  [
    'a leaf that outlives its CA',
    { leaves: [leaf({ id: 'a', days: 500, caDays: 400 })] },
    [['LEAF_OUTLIVES_CA', 'warning', 'node', ['a']]],
  ],
]);

const REMEDIES: [what: string, change: NodeChange, remedy: RegExp][] = [
  [
    'renewals are automatic',
    {},
    /^certagent restarts the kube-apiserver in the maintenance window\. .*certagent renew$/,
  ],
  [
    'certagent only observes',
    { renewal: { kind: 'observing', until: null, ids: ['x'], why: '', blockers: [] } },
    /^Restart the kube-apiserver at a time that suits you: certagent renew$/,
  ],
  ['something prevents renewals', { onDemand: { ...blocked, ids: [] } }, /^Make room/],
  ['nobody can say why', { onDemand: { kind: 'none', nextAt: null } }, /^Restart the kube-apiserver\.$/],
];
for (const [what, change, remedy] of REMEDIES)
  test(`what to do about a loopback certificate where ${what}`, () => {
    const alerts = standingAlerts(node({ preconditions: { loopback: loopback(60) }, ...change }));
    assert.match(alerts.find(({ code }) => code === 'LOOPBACK_EXPIRES')?.remedy ?? '', remedy);
  });
