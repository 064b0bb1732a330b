import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checksOf } from '../../../src/domain/decide/checks.ts';
import type { History } from '../../../src/domain/model/decision.ts';
import { DAY, HOUR, MINUTE } from '../../../src/domain/time/duration.ts';
import { NOW, withPreconditions } from '../../support/inventory.ts';
import { apiserver, chain, decisionOn, k3s, kubeadm, type Row, testVerdicts } from './policy-parts.ts';

const OTHERS = [
  'FOLLOWS_LEAF',
  'NOT_YET_VALID',
  'CA_EXPIRED',
  'CA_ENDING',
  'USER_NOT_RENEWED',
  'USER_REQUEST_WAITING',
  'USER_CERTIFICATE',
  'COPY_FOLLOWS',
  'COPY_ENDING',
  'KUBELET_SERVING_ENDING',
  'KUBELET_CONF_OUTDATED',
  'KUBELET_NOT_ROTATING',
  'EXTERNAL_CA',
  'OPERATOR_RENEWS',
  'OTHER_TOOL',
  'RENEWED_ELSEWHERE',
];
const SOUND = ['ISSUER_EXPIRED', 'OUTLIVES_CA', 'KEY_MISMATCH'];
const MOMENT = ['BACK_OFF', 'EXPIRED', 'URGENT', 'MAINTENANCE_WINDOW', 'DUE', 'FORCED'];
const BY_RESTART = ['K3S_OPENS_ABOVE_WINDOW', 'RESTART_PASSES_OVER'];

for (const [distribution, own] of [
  ['kubeadm', ['NOT_SIGNED_BY_CA', 'CA_ROTATION_UNDER_WAY']],
  ['k3s', BY_RESTART],
  ['rke2', BY_RESTART],
  [null, []],
] as const) {
  test(`the order of the checks is the rule: ${distribution ?? 'an unknown node'}`, () => {
    assert.deepEqual(
      checksOf({ distribution }).map(({ code }) => code),
      [...OTHERS, ...SOUND, ...own, ...MOMENT],
    );
  });
}

const NIGHT = Date.UTC(2026, 2, 4, 3); // after this node's moment in the maintenance window
const failedJustNow: History = {
  attempts: [
    {
      planId: 'p',
      startedAt: NOW - MINUTE,
      endedAt: NOW,
      result: 'failed',
      trigger: 'schedule',
      error: null,
      granted: [],
    },
  ],
};

const table: Row[] = [
  ['later than opens', 'keep', 'apiserver', kubeadm(91)],
  ['due at noon', 'defer MAINTENANCE_WINDOW', 'apiserver', kubeadm(90)],
  ['due at noon, asked for by hand', 'renew DUE', 'apiserver', kubeadm(90), { manual: true }],
  ['due in the maintenance window', 'renew DUE', 'apiserver', kubeadm(90), { now: NIGHT }],
  [
    'due in the window, too early for this node',
    'defer MAINTENANCE_WINDOW',
    'apiserver',
    kubeadm(90),
    { now: NIGHT - HOUR },
  ],
  ['urgent at noon', 'renew URGENT', 'apiserver', kubeadm(30)],
  ['expired at noon', 'renew EXPIRED', 'apiserver', kubeadm(-1)],
  ['urgent after a failure', 'defer BACK_OFF', 'apiserver', kubeadm(30), { history: failedJustNow }],
  ['expired after a failure', 'defer BACK_OFF', 'apiserver', kubeadm(-1), { history: failedJustNow }],
  ['due after a failure', 'defer BACK_OFF', 'apiserver', kubeadm(60), { history: failedJustNow }],
  ['not due after a failure', 'keep', 'apiserver', kubeadm(91), { history: failedJustNow }],
  [
    'urgent after a failure, by hand',
    'renew URGENT',
    'apiserver',
    kubeadm(30),
    { history: failedJustNow, manual: true },
  ],
  ['not due, by hand', 'keep', 'apiserver', kubeadm(91), { manual: true }],
  ['not due, by force', 'renew FORCED', 'apiserver', kubeadm(91), { force: true }],
  ['not due and of the kubelet, by force', 'keep', 'kubelet-client', kubeadm(91), { force: true }],
  ['K3s outside of its window, by force', 'renew FORCED', 'client-admin', k3s(121), { force: true }],
  ['K3s inside of its window, by force', 'renew FORCED', 'client-admin', k3s(119), { force: true }],
  [
    'K3s: opens above its window',
    'defer K3S_OPENS_ABOVE_WINDOW',
    'client-admin',
    k3s(130),
    { policy: { opens: 150 * DAY } },
  ],
  [
    'K3s: opens above its window, by hand',
    'defer K3S_OPENS_ABOVE_WINDOW',
    'client-admin',
    withPreconditions(k3s(130), { restartWindow: null }),
    { policy: { opens: 150 * DAY }, manual: true },
  ],
  [
    'K3s: opens above its window, renewed by any restart: a restart for it alone would be one too many',
    'defer K3S_OPENS_ABOVE_WINDOW',
    'agent/client-kubelet',
    k3s(130),
    { policy: { opens: 150 * DAY } },
  ],
  ['K3s: before its window', 'keep', 'client-admin', k3s(160), { policy: { opens: 150 * DAY } }],
  ['K3s: inside of its window', 'renew DUE', 'client-admin', k3s(90), { now: NIGHT }],
];

testVerdicts(table);

test('a verdict says until when, and what to do', () => {
  const keep = decisionOn('apiserver', kubeadm(91)).verdict;
  assert.deepEqual(keep, { kind: 'keep', until: NOW + DAY });
  assert.deepEqual(decisionOn('apiserver', apiserver(10, { place: chain })).verdict, { kind: 'keep', until: null });
  const ca = decisionOn('ca', kubeadm(20, 100)).verdict;
  assert.equal(ca.kind === 'escalate' && ca.why, 'expires in 100 d: less than 180 days are left');
  const tonight = decisionOn('apiserver', kubeadm(60)).verdict;
  assert.equal(tonight.kind === 'defer' && new Date(tonight.until!).toISOString(), '2026-03-04T02:33:45.000Z');
  const refused = decisionOn('client-admin', k3s(130), { policy: { opens: 150 * DAY } }).verdict;
  assert.match(
    refused.kind === 'defer' ? refused.why : '',
    /K3s v1\.33\.1\+k3s1 renews only what expires within 120 d/,
  );
  const ofAgent = decisionOn('agent/client-kubelet', k3s(130), { policy: { opens: 150 * DAY } }).verdict;
  assert.match(ofAgent.kind === 'defer' ? ofAgent.why : '', /renews of the others only what expires within 120 d$/);
  const nameless = { ...k3s(130), node: { ...k3s(130).node, version: null } };
  const unknown = decisionOn('client-admin', nameless, { policy: { opens: 150 * DAY } }).verdict;
  assert.match(unknown.kind === 'defer' ? unknown.why : '', /K3s of this version/);
});

test('a back-off that expires outside of the maintenance window waits for the next window, unless it is urgent', () => {
  const until = (days: number) => {
    const { verdict } = decisionOn('apiserver', kubeadm(days), { history: failedJustNow });
    return verdict.kind === 'defer' ? new Date(verdict.until!).toISOString() : verdict.kind;
  };
  assert.equal(until(60), '2026-03-04T02:33:45.000Z');
  assert.equal(until(20), '2026-03-03T12:15:00.000Z');
});
