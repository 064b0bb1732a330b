// `certagent renew NAME…`: what a person named, and nothing else.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decide } from '../../../src/domain/decide/decide.ts';
import { refuseName, renewsAlong } from '../../../src/domain/decide/refuse-name.ts';
import type { Inventory } from '../../../src/domain/model/inventory.ts';
import type { Step } from '../../../src/domain/model/plan.ts';
import { filesOf } from '../../../src/domain/plan/expectations.ts';
import { expectationsOf } from '../../../src/domain/plan/plan-parts.ts';
import { makePlan } from '../../../src/domain/plan/planner.ts';
import { DAY } from '../../../src/domain/time/duration.ts';
import {
  addCertificate,
  inventoryOf,
  NO_HISTORY,
  NOW,
  type NodeKind,
  policyOf,
  SETTINGS,
  withCertificate,
  withPreconditions,
} from '../../support/inventory.ts';

const named = (only: string[], force = false) => ({ kind: 'manual', force, only }) as const;

function decided(inventory: Inventory, only: string[], force = false) {
  return decide({ inventory, policy: policyOf(), history: NO_HISTORY, now: NOW, request: named(only, force) });
}

function planFor(inventory: Inventory, only: string[], force = false) {
  const decisions = decided(inventory, only, force);
  return makePlan({ inventory, decisions, settings: SETTINGS, planId: 'p', now: NOW });
}

const KUBEADM = inventoryOf('kubeadm', { days: 200 });
const IDS = KUBEADM.certificates.filter(({ owner }) => owner === 'kubeadm').map(({ id }) => id);

test('kubeadm: the plan of a subset renews, verifies and may roll back these alone, whatever else is due', () => {
  fc.assert(
    fc.property(
      fc.subarray(IDS, { minLength: 1 }),
      fc.integer({ min: -50, max: 300 }),
      fc.constantFrom('v1.36.3', 'v1.22.3'),
      (only, days, version) => {
        const node = inventoryOf('kubeadm', { days });
        const components = node.preconditions.components.map((one) => ({ ...one, version }));
        const inventory = withPreconditions(node, { components });
        const plan = planFor(inventory, only)!;
        assert.deepEqual(plan.certificates, only.toSorted());
        const files = filesOf(inventory.certificates.filter(({ id }) => only.includes(id)));
        const written = plan.steps.flatMap((step: Step) => (step.kind === 'kubeadm-renew' ? step.writes : []));
        assert.deepEqual(written.toSorted(), files);
        assert.deepEqual(
          expectationsOf(plan)
            .map(({ id }) => id)
            .sort(),
          only.toSorted(),
        );
        for (const step of plan.steps) {
          if (step.kind === 'rehearse' && step.rehearsal.kind === 'command')
            assert.deepEqual(step.rehearsal.calls.map(({ id }) => id).sort(), only.toSorted());
          if (step.kind === 'verify-files') assert.deepEqual(step.expect.map(({ id }) => id).sort(), only.toSorted());
        }
      },
    ),
  );
});

/** Of a kube-apiserver that loads its certificates by itself, and of one that does not. */
const RESTARTS: [only: string[], today: string[], old: string[]][] = [
  [['admin.conf'], [], []],
  [['etcd-healthcheck-client'], [], []],
  [['apiserver-kubelet-client'], [], ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler']],
  [['scheduler.conf'], ['kube-scheduler'], ['kube-scheduler']],
  [['controller-manager.conf'], ['kube-controller-manager'], ['kube-controller-manager']],
];
for (const [only, today, old] of RESTARTS)
  test(`kubeadm: after ${only} alone restarts what must load it, and no more`, () => {
    for (const [version, expected] of [
      ['v1.36.3', today],
      ['v1.22.3', old],
    ] as const) {
      const components = KUBEADM.preconditions.components.map((one) => ({ ...one, version }));
      const { steps } = planFor(withPreconditions(KUBEADM, { components }), only)!;
      assert.deepEqual(
        steps.flatMap((step) => (step.kind === 'cycle' ? [step.component] : [])),
        expected,
      );
    }
  });

test('kubeadm: a loopback certificate that can wait waits', () => {
  const loopback = (days: number) => ({ notAfter: NOW + days * DAY, from: 'served' as const });
  const restarts = (days: number) =>
    planFor(withPreconditions(KUBEADM, { loopback: loopback(days) }), ['admin.conf'])!.steps.flatMap((step) =>
      step.kind === 'cycle' ? [step.component] : [],
    );
  assert.deepEqual(restarts(200), []);
  assert.deepEqual(restarts(5), ['kube-apiserver']);
});

test('kubeadm: what blocks a renewal blocks that of a subset', () => {
  const { renewal } = decided(withPreconditions(KUBEADM, { tool: null }), ['apiserver']);
  assert.ok(renewal.kind === 'blocked');
  assert.deepEqual(renewal.ids, ['apiserver']);
});

test('kubeadm: nothing of what was named can be renewed: nothing is, however due the others are', () => {
  const inventory = inventoryOf('kubeadm', { days: 5 });
  assert.equal(decided(inventory, ['ca']).renewal.kind, 'none');
  assert.equal(planFor(inventory, ['ca']), null);
});

for (const kind of ['k3s-server', 'rke2-server', 'k0s-controller'] satisfies NodeKind[])
  test(`${kind}: a named certificate that a restart renews is due, and the others come along`, () => {
    const inventory = inventoryOf(kind, { days: 60 });
    const ids = inventory.certificates.filter(({ owner }) => owner === inventory.node.distribution).map(({ id }) => id);
    const { renewal } = decided(inventory, [ids[0]!]);
    assert.ok(renewal.kind === 'now');
    assert.ok(renewal.ids.length > 1);
    assert.match(renewsAlong([ids[0]!], renewal.ids, inventory.node)!, /cannot renew one certificate alone/);
    assert.equal(renewsAlong(renewal.ids, renewal.ids, inventory.node), null);
  });

test('K3s: within the restart window and before windows.opens a name asks for the restart, no name does not', () => {
  const inventory = inventoryOf('k3s-server', { days: 100 });
  const request = { kind: 'manual', force: false } as const;
  const unnamed = decide({ inventory, policy: policyOf(), history: NO_HISTORY, now: NOW, request });
  assert.equal(unnamed.renewal.kind, 'none');
  const { renewal } = decided(withPreconditions(inventory, { restartWindow: 120 * DAY }), ['client-admin']);
  assert.ok(renewal.kind === 'now' && renewal.ids.includes('client-admin'));
});

test('kubeadm says nothing of others: it renews none', () => {
  assert.equal(renewsAlong(['apiserver'], ['apiserver', 'admin.conf'], KUBEADM.node), null);
  assert.equal(renewsAlong(['a'], ['b'], { distribution: null }), null);
});

function refusal(inventory: Inventory, name: string, force = false) {
  return refuseName(name, { inventory, decisions: decided(inventory, [name], force), force, now: NOW });
}

const K3S = inventoryOf('k3s-server', { days: 200 });
const WITH_CHAIN = (() => {
  const leaf = K3S.certificates.find(({ id }) => id === 'client-admin')!;
  const behind = { ...leaf, id: 'client-admin#1', place: { ...leaf.place, index: 1 } as typeof leaf.place };
  return { ...K3S, certificates: [...K3S.certificates, behind] };
})();
const CA_OF_K3S = K3S.certificates.find(({ owner }) => owner === 'cluster-ca')!;
const WITH_CA = {
  ...WITH_CHAIN,
  certificates: WITH_CHAIN.certificates.map((one) =>
    one.id === 'client-admin#1' ? { ...one, certificate: CA_OF_K3S.certificate } : one,
  ),
};

const REFUSED: [what: string, Inventory, name: string, why: RegExp, remedy: RegExp, force?: boolean][] = [
  ['a CA', KUBEADM, 'ca', /^ca is a CA/, /by hand/],
  ['a CA behind a leaf', WITH_CA, 'client-admin#1', new RegExp(`^${CA_OF_K3S.id} is a CA`), /explain/],
  ['a certificate behind a leaf', WITH_CHAIN, 'client-admin#1', /stored behind/, /first certificate/],
  ["the kubelet's", KUBEADM, 'kubelet-client', /kubelet, which requests its successor/, /explain kubelet-client/],
  [
    'of an external CA',
    inventoryOf('kubeadm-external-ca'),
    'apiserver',
    /external CA/,
    /certagent csr apiserver; certagent install/,
  ],
  ["the operator's", addCertificate(KUBEADM, 'ingress', 20), 'ingress', /only watches ingress/, /where it comes from/],
  ['a copy', addCertificate(KUBEADM, 'copy', 20, { owner: 'copy' }), 'copy', /is a copy/, /certagent sync/],
  ["another distribution's", addCertificate(KUBEADM, 'old', 20, { owner: 'k3s' }), 'old', /belongs to K3s/, /where it/],
  [
    'one that needs a person',
    withCertificate(KUBEADM, 'apiserver', { issuance: { ca: 'ca', state: 'signed', caNotAfter: NOW - DAY } }),
    'apiserver',
    /signed by a CA that has expired/,
    /Replace the CA/,
  ],
  [
    'a leaf that no restart renews yet',
    K3S,
    'client-admin',
    /expires in 200 d, and a restart of K3s renews it from/,
    /--force$/,
  ],
  [
    'one that nothing renews yet',
    { ...K3S, node: { ...K3S.node, version: 'v1.20.0+k3s1' } },
    'client-admin',
    /renews it from/,
    /^Wait until then\.$/,
    true,
  ],
];
for (const [what, inventory, name, why, remedy, force] of REFUSED)
  test(`refused with the reason and what to do: ${what}`, () => {
    const found = refusal(inventory, name, force);
    assert.ok(found?.code === 'CERTIFICATE_NOT_RENEWED');
    assert.match(found.why, why);
    assert.match(found.remedy, remedy);
  });

test('an unknown name, and names that are renewed', () => {
  assert.deepEqual(refusal(KUBEADM, 'apiservr'), { code: 'CERTIFICATE_UNKNOWN' });
  for (const id of IDS) assert.equal(refusal(KUBEADM, id), null);
  assert.equal(refusal(K3S, 'client-admin', true), null, 'by force K3s issues it again');
});
