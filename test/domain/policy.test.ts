import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from '../../src/domain/decide.ts';
import type { Decision, History, Policy } from '../../src/domain/decision.ts';
import { DAY, HOUR, MINUTE } from '../../src/domain/duration.ts';
import type { Inventory } from '../../src/domain/inventory.ts';
import { certificateChecks } from '../../src/domain/policy.ts';
import {
  addCertificate,
  inventoryOf,
  NO_HISTORY,
  NOW,
  policyOf,
  withCertificate,
  withPreconditions,
} from '../support/inventory.ts';

test('the order of the checks is the rule', () => {
  assert.deepEqual(
    certificateChecks.map(({ code }) => code),
    [
      'FOLLOWS_LEAF',
      'NOT_YET_VALID',
      'CA_EXPIRED',
      'CA_ENDING',
      'COPY_FOLLOWS',
      'COPY_ENDING',
      'KUBELET_SERVING_ENDING',
      'KUBELET_NOT_ROTATING',
      'EXTERNAL_CA',
      'OPERATOR_RENEWS',
      'OTHER_TOOL',
      'RENEWED_ELSEWHERE',
      'ISSUER_EXPIRED',
      'OUTLIVES_CA',
      'KEY_MISMATCH',
      'NOT_SIGNED_BY_CA',
      'K3S_OPENS_ABOVE_WINDOW',
      'BACK_OFF',
      'EXPIRED',
      'URGENT',
      'MAINTENANCE_WINDOW',
      'DUE',
      'FORCED',
    ],
  );
});

type Options = { policy?: Partial<Policy>; history?: History; now?: number; manual?: boolean; force?: boolean };

function decisionOn(id: string, inventory: Inventory, options: Options = {}): Decision {
  const { policy = {}, history = NO_HISTORY, now = NOW, manual = false, force = false } = options;
  const request = manual || force ? ({ kind: 'manual', force } as const) : ({ kind: 'schedule' } as const);
  const { certificates } = decide({ inventory, policy: policyOf(policy), history, now, request });
  return certificates.find((one) => one.id === id)!;
}

/** The verdict in short: its kind and code. */
function verdict(id: string, inventory: Inventory, options: Options = {}): string {
  const { verdict } = decisionOn(id, inventory, options);
  return verdict.kind === 'keep' ? 'keep' : `${verdict.kind} ${verdict.code}`;
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
const kubeadm = (days: number, caDays?: number) => inventoryOf('kubeadm', { days, ...(caDays ? { caDays } : {}) });
const k3s = (days: number) => inventoryOf('k3s-server', { days });
const apiserver = (days: number, change: Parameters<typeof withCertificate>[2]) =>
  withCertificate(kubeadm(days), 'apiserver', change);
const kubelet = (days: number, change: Parameters<typeof withCertificate>[2] = {}) =>
  withCertificate(kubeadm(200), 'kubelet-client', {
    ...change,
    certificate: { notAfter: NOW + days * DAY, ...change.certificate },
  });
const key = { path: '/k', mode: 0o600, readableByOthers: false };
const chain = { kind: 'pem', path: '/etc/kubernetes/pki/apiserver.crt', index: 1 } as const;
const cluster = { kind: 'kubeconfig', path: '/c', entry: 'cluster', name: 'c', index: 0 } as const;
const copy = { owner: 'copy' } as const;
const sameAsAdmin = (days: number) => {
  const node = addCertificate(kubeadm(days), '/home/a/.kube/config', days, copy);
  return withCertificate(node, '/home/a/.kube/config', { certificate: { fingerprint: 'fingerprint of admin.conf' } });
};

const table: [string, string, string, Inventory, Options?][] = [
  // what is so, expected verdict, certificate, node
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
  ['K3s outside of its window, by force', 'keep', 'client-admin', k3s(121), { force: true }],
  ['K3s inside of its window, by force', 'renew FORCED', 'client-admin', k3s(119), { force: true }],
  ['a chain member', 'keep', 'apiserver', apiserver(10, { place: chain })],
  ["a kubeconfig's cluster entry", 'keep', 'apiserver', apiserver(10, { place: cluster })],
  [
    "an operator's intermediate",
    'escalate OPERATOR_RENEWS',
    'ingress#1',
    addCertificate(kubeadm(200), 'ingress#1', 10, { place: { ...chain, path: '/etc/ssl/ingress.crt' } }),
  ],
  ['not yet valid', 'escalate NOT_YET_VALID', 'apiserver', apiserver(90, { certificate: { notBefore: NOW + 1 } })],
  ['a CA far from its end', 'keep', 'ca', kubeadm(200, 366)],
  ['a CA within a year', 'escalate CA_ENDING', 'ca', kubeadm(200, 365)],
  ['a CA that has ended', 'escalate CA_EXPIRED', 'ca', kubeadm(200, -1)],
  ['a copy of what the node holds', 'keep', '/home/a/.kube/config', sameAsAdmin(10)],
  [
    'a copy of something else, due',
    'escalate COPY_ENDING',
    '/home/a/.kube/config',
    addCertificate(kubeadm(200), '/home/a/.kube/config', 10, copy),
  ],
  [
    'a copy of something else, not due',
    'keep',
    '/home/a/.kube/config',
    addCertificate(kubeadm(200), '/home/a/.kube/config', 200, copy),
  ],
  ["the kubelet's, rotation still possible", 'keep', 'kubelet-client', kubelet(31)],
  ["the kubelet's, late", 'escalate KUBELET_NOT_ROTATING', 'kubelet-client', kubelet(30)],
  [
    "the kubelet's own serving certificate",
    'escalate KUBELET_SERVING_ENDING',
    'kubelet-client',
    kubelet(20, { certificate: { notAfter: NOW + 20 * DAY, usages: ['serverAuth'] } }),
  ],
  ['an external CA, due', 'escalate EXTERNAL_CA', 'apiserver', inventoryOf('kubeadm-external-ca', { days: 60 })],
  ['an external CA, not due', 'keep', 'apiserver', inventoryOf('kubeadm-external-ca', { days: 91 })],
  ['beside an external CA', 'renew URGENT', 'etcd-peer', inventoryOf('kubeadm-external-ca', { days: 20 })],
  ["an operator's, due", 'escalate OPERATOR_RENEWS', 'ingress', addCertificate(kubeadm(200), 'ingress', 20)],
  ["an operator's, not due", 'keep', 'ingress', addCertificate(kubeadm(200), 'ingress', 100)],
  [
    'left behind by another tool, due',
    'escalate OTHER_TOOL',
    'old',
    addCertificate(kubeadm(200), 'old', 20, { owner: 'k3s' }),
  ],
  ['left behind by another tool, not due', 'keep', 'old', addCertificate(kubeadm(200), 'old', 200, { owner: 'k3s' })],
  [
    'its CA has ended',
    'escalate ISSUER_EXPIRED',
    'apiserver',
    apiserver(60, { issuance: { ca: 'ca', state: 'signed', caNotAfter: NOW - 1 } }),
  ],
  [
    'it outlives its CA',
    'escalate OUTLIVES_CA',
    'apiserver',
    apiserver(60, { issuance: { ca: 'ca', state: 'signed', caNotAfter: NOW + 50 * DAY } }),
  ],
  [
    'it ends with its CA, which a renewal cannot change',
    'escalate OUTLIVES_CA',
    'apiserver',
    apiserver(20, { issuance: { ca: 'ca', state: 'signed', caNotAfter: NOW + 20 * DAY } }),
  ],
  ['the key differs', 'escalate KEY_MISMATCH', 'apiserver', apiserver(20, { key: { ...key, state: 'differs' } })],
  ['the key is missing', 'escalate KEY_MISMATCH', 'apiserver', apiserver(200, { key: { ...key, state: 'missing' } })],
  ['no key is expected', 'renew URGENT', 'apiserver', apiserver(20, { key: { state: 'not-expected' } })],
  [
    'K3s: the key differs',
    'escalate KEY_MISMATCH',
    'client-admin',
    withCertificate(k3s(20), 'client-admin', { key: { ...key, state: 'differs' } }),
  ],
  [
    'K3s: the key is missing, which a restart heals',
    'renew URGENT',
    'client-admin',
    withCertificate(k3s(20), 'client-admin', { key: { ...key, state: 'missing' } }),
  ],
  [
    'signed by another CA',
    'escalate NOT_SIGNED_BY_CA',
    'apiserver',
    apiserver(20, { issuance: { ca: 'ca', state: 'not-signed', caNotAfter: NOW + 900 * DAY } }),
  ],
  [
    'K3s: signed by another CA, which a restart heals',
    'renew URGENT',
    'client-admin',
    withCertificate(k3s(20), 'client-admin', {
      issuance: { ca: 'client-ca', state: 'not-signed', caNotAfter: NOW + 900 * DAY },
    }),
  ],
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
  ['K3s: before its window', 'keep', 'client-admin', k3s(160), { policy: { opens: 150 * DAY } }],
  ['K3s: inside of its window', 'renew DUE', 'client-admin', k3s(90), { now: NIGHT }],
];

for (const [what, expected, id, inventory, options] of table) {
  test(`the verdict: ${what} → ${expected}`, () => assert.equal(verdict(id, inventory, options), expected));
}

test('a verdict tells until when and what to do', () => {
  const keep = decisionOn('apiserver', kubeadm(91)).verdict;
  assert.deepEqual(keep, { kind: 'keep', until: NOW + DAY });
  assert.deepEqual(decisionOn('apiserver', apiserver(10, { place: chain })).verdict, { kind: 'keep', until: null });
  const ca = decisionOn('ca', kubeadm(20, 100)).verdict;
  assert.equal(ca.kind === 'escalate' && ca.why, 'ends in 100 d: less than 180 days are left');
  const tonight = decisionOn('apiserver', kubeadm(60)).verdict;
  assert.equal(tonight.kind === 'defer' && new Date(tonight.until).toISOString(), '2026-03-04T02:33:45.000Z');
  const refused = decisionOn('client-admin', k3s(130), { policy: { opens: 150 * DAY } }).verdict;
  assert.match(refused.kind === 'defer' ? refused.why : '', /k3s v1\.33\.1\+k3s1 renews only what ends within 120 d/);
  const nameless = { ...k3s(130), node: { ...k3s(130).node, version: null } };
  const unknown = decisionOn('client-admin', nameless, { policy: { opens: 150 * DAY } }).verdict;
  assert.match(unknown.kind === 'defer' ? unknown.why : '', /k3s of this version/);
});

test('a back-off that ends outside of the maintenance window waits for the next, unless it is urgent', () => {
  const until = (days: number) => {
    const { verdict } = decisionOn('apiserver', kubeadm(days), { history: failedJustNow });
    return verdict.kind === 'defer' ? new Date(verdict.until).toISOString() : verdict.kind;
  };
  assert.equal(until(60), '2026-03-04T02:33:45.000Z');
  assert.equal(until(20), '2026-03-03T12:15:00.000Z');
});
