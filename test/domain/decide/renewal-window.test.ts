import assert from 'node:assert/strict';
import { test } from 'node:test';
import { automaticMoment } from '../../../src/domain/decide/automatic-moment.ts';
import { isRenewableAt, nearnessOf, renewalWindow } from '../../../src/domain/decide/renewal-window.ts';
import type { Nearness, Policy } from '../../../src/domain/model/decision.ts';
import type { Inventory } from '../../../src/domain/model/inventory.ts';
import { DAY, HOUR, MINUTE } from '../../../src/domain/time/duration.ts';
import {
  addCertificate,
  inventoryOf,
  NO_HISTORY,
  NOW,
  policyOf,
  withCertificate,
  withPreconditions,
} from '../../support/inventory.ts';

/** Days before expiry at which the window of certificate `id` opens, and at which it is urgent. */
function days(inventory: Inventory, id: string, policy: Partial<Policy> = {}, history = NO_HISTORY): [number, number] {
  const observed = inventory.certificates.find((one) => one.id === id)!;
  const window = renewalWindow(observed, { inventory, policy: policyOf(policy), history });
  const before = (at: number) => (observed.certificate.notAfter - at) / DAY;
  return [before(window.opensAt), before(window.urgentAt)];
}

function granted(inventory: Inventory, id: string, lifetime: number) {
  const { notAfter } = inventory.certificates.find((one) => one.id === id)!.certificate;
  const attempt = { planId: 'p', endedAt: null, result: 'succeeded', trigger: 'schedule', error: null } as const;
  return { attempts: [{ ...attempt, startedAt: notAfter - lifetime, granted: [{ id, notAfter }] }] };
}

const lifetime = (inventory: Inventory, id: string, length: number) => {
  const { notAfter } = inventory.certificates.find((one) => one.id === id)!.certificate;
  return withCertificate(inventory, id, { certificate: { notBefore: notAfter - length } });
};

test('a certificate whose grant is not known has the windows of the policy', () => {
  assert.deepEqual(days(inventoryOf('kubeadm'), 'apiserver'), [90, 30]);
  assert.deepEqual(days(inventoryOf('kubeadm'), 'apiserver', { opens: 60 * DAY, urgent: 7 * DAY }), [60, 7]);
});

test('a short-lived certificate has a third and a sixth of what was granted', () => {
  const inventory = inventoryOf('kubeadm', { days: 50 });
  const of = (length: number, policy = {}) =>
    days(inventory, 'apiserver', policy, granted(inventory, 'apiserver', length));
  assert.deepEqual(of(60 * DAY), [20, 10]);
  assert.deepEqual(of(269 * DAY), [269 / 3, 30]);
  assert.deepEqual(of(270 * DAY), [90, 30]);
  assert.deepEqual(of(365 * DAY), [90, 30]);
  assert.deepEqual(of(60 * DAY, { urgent: DAY }), [20, 1], 'never wider than the policy');
});

const OWN: [what: string, lifetime: number, grant: number | null, expected: [number, number]][] = [
  ["a year of today's kubeadm", 365 * DAY + 5 * MINUTE, null, [90, 30]],
  ["20 days of today's kubeadm", 20 * DAY, null, [20 / 3, 20 / 6]],
  ["20 days of today's K3s, an hour back", 20 * DAY + HOUR, 20 * DAY, [20 / 3, 20 / 6]],
  ["the CA's notBefore, and nobody knows the grant", 300 * DAY, null, [90, 30]],
  ["the CA's notBefore, and the grant is known", 300 * DAY, 20 * DAY, [20 / 3, 20 / 6]],
  ["the CA's notBefore of a new cluster: the grant is at most that", 120 * DAY, null, [40, 20]],
];
for (const [what, length, grant, expected] of OWN)
  test(`what was granted, by notBefore: ${what}`, () => {
    const inventory = lifetime(inventoryOf('kubeadm', { days: 10 }), 'apiserver', length);
    const history = grant === null ? NO_HISTORY : granted(inventory, 'apiserver', grant);
    const round = (numbers: number[]) => numbers.map((number) => Math.round(number * 1e6));
    assert.deepEqual(round(days(inventory, 'apiserver', {}, history)), round(expected));
  });

test('a restore grants nothing: the certificate keeps the lifetime that its renewal gave it', () => {
  const inventory = lifetime(inventoryOf('kubeadm', { days: 10 }), 'apiserver', 365 * DAY);
  const history = granted(inventory, 'apiserver', 30 * DAY);
  const [renewal] = history.attempts;
  const restored = { attempts: [renewal!, { ...renewal!, startedAt: NOW, restores: 'old' }] };
  assert.deepEqual(days(inventory, 'apiserver', {}, restored), days(inventory, 'apiserver', {}, history));
});

test('what was granted to another certificate of that name does not count', () => {
  const inventory = inventoryOf('kubeadm', { days: 50 });
  const history = granted(inventory, 'apiserver', 60 * DAY);
  const newer = withCertificate(inventory, 'apiserver', { certificate: { notAfter: NOW + 300 * DAY } });
  assert.deepEqual(days(newer, 'apiserver', {}, history), [90, 30]);
  assert.deepEqual(days(inventory, 'etcd-peer', {}, history), [90, 30]);
});

test("K3s: the window does not open before the version's own", () => {
  const server = inventoryOf('k3s-server');
  const wide = { opens: 150 * DAY };
  assert.deepEqual(days(server, 'client-admin', wide), [120, 30]);
  assert.deepEqual(days(withPreconditions(server, { restartWindow: 90 * DAY }), 'client-admin', wide), [90, 30]);
  assert.deepEqual(days(withPreconditions(server, { restartWindow: null }), 'client-admin', wide), [90, 30]);
  const lasting = lifetime(server, 'client-admin', 1_000 * DAY);
  assert.deepEqual(days(lasting, 'client-admin', { opens: 200 * DAY, urgent: 130 * DAY }), [120, 120]);
  assert.deepEqual(days(server, 'agent/client-kubelet', wide), [120, 30], 'together with the others');
});

test('agents follow their servers by a week', () => {
  assert.deepEqual(days(inventoryOf('k3s-agent'), 'agent/client-kube-proxy'), [83, 30]);
  const narrow = { opens: 4 * DAY, urgent: DAY };
  assert.deepEqual(days(inventoryOf('k3s-agent'), 'agent/client-kubelet', narrow), [2.5, 1]);
  const wide = { opens: 200 * DAY, urgent: 130 * DAY };
  const lasting = lifetime(inventoryOf('k3s-agent'), 'agent/client-kubelet', 1_000 * DAY);
  assert.deepEqual(days(lasting, 'agent/client-kubelet', wide), [193, 130], 'any restart renews it');
  const proxy = lifetime(inventoryOf('k3s-agent'), 'agent/client-kube-proxy', 1_000 * DAY);
  const old = { ...proxy, node: { ...proxy.node, version: 'v1.28.15+k3s1' } };
  assert.deepEqual(days(old, 'agent/client-kube-proxy', wide), [120, 120], 'a copy of its servers');
});

test("the kubelet's own certificates are near expiry only when rotation is evidently late", () => {
  const inventory = inventoryOf('kubeadm');
  assert.deepEqual(days(lifetime(inventory, 'kubelet-client', 365 * DAY), 'kubelet-client'), [30, 30]);
  assert.deepEqual(days(lifetime(inventory, 'kubelet-client', DAY), 'kubelet-client'), [1 / 12, 1 / 12]);
});

test('CAs are near expiry from a year before it', () => {
  assert.deepEqual(days(inventoryOf('kubeadm'), 'etcd-ca'), [365, 30]);
});

test('what others renew has a quarter and a sixth of its lifetime, the policy at most', () => {
  const inventory = addCertificate(inventoryOf('kubeadm'), 'ingress', 60);
  assert.deepEqual(days(lifetime(inventory, 'ingress', 90 * DAY), 'ingress'), [22.5, 15]);
  assert.deepEqual(days(lifetime(inventory, 'ingress', 730 * DAY), 'ingress'), [90, 30]);
});

test('nearness is judged in exact time', () => {
  const [{ certificate }] = inventoryOf('kubeadm').certificates as [Inventory['certificates'][number]];
  const { notBefore, notAfter } = certificate;
  const window = { opensAt: notAfter - 90 * DAY, urgentAt: notAfter - 30 * DAY, wishedAt: notAfter - 90 * DAY };
  const table: [number, Nearness][] = [
    [notBefore - 1, 'not-yet-valid'],
    [notBefore, 'valid'],
    [window.opensAt - 1, 'valid'],
    [window.opensAt, 'due'],
    [window.urgentAt - 1, 'due'],
    [window.urgentAt, 'urgent'],
    [notAfter, 'urgent'],
    [notAfter + 1, 'expired'],
  ];
  for (const [now, nearness] of table) assert.equal(nearnessOf(certificate, window, now), nearness, String(now));
});

test('kubeadm renews at any time, a restart of K3s only inside its window', () => {
  const of = (inventory: Inventory, id: string) =>
    isRenewableAt(inventory.certificates.find((one) => one.id === id)!, inventory, NOW);
  assert.equal(of(inventoryOf('kubeadm', { days: 900 }), 'apiserver'), true);
  assert.equal(of(inventoryOf('k3s-server', { days: 121 }), 'client-admin'), false);
  assert.equal(of(inventoryOf('k3s-server', { days: 120 }), 'client-admin'), true);
  assert.equal(of(inventoryOf('k3s-server', { days: 300 }), 'agent/serving-kubelet'), true);
});

test('the schedule renews in maintenance, from urgent on at once, and without any window only when urgent', () => {
  const window = { opensAt: NOW, urgentAt: NOW + 60 * DAY, wishedAt: NOW };
  const policy = policyOf();
  const tonight = Date.UTC(2026, 2, 4, 2) + policy.nodeDelay * 2.25 * HOUR;
  assert.equal(automaticMoment({ window, policy }, NOW - 5 * DAY), tonight);
  assert.equal(automaticMoment({ window, policy }, tonight), tonight);
  assert.equal(automaticMoment({ window, policy }, tonight + 1), tonight + 1, 'the rest of the window is as good');
  assert.equal(automaticMoment({ window, policy }, window.urgentAt + 7), window.urgentAt + 7);
  assert.equal(automaticMoment({ window: { ...window, urgentAt: NOW + HOUR }, policy }, NOW), NOW + HOUR);
  const never = policyOf({ maintenance: { ...policy.maintenance, days: [] } });
  assert.equal(automaticMoment({ window, policy: never }, NOW), window.urgentAt);
});
