// k0s: what its start renews, and the plan that restarts it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { k0s, renewsUnder } from '../../../src/domain/distributions/k0s.ts';
import type { Inventory } from '../../../src/domain/model/inventory.ts';
import { makePlan } from '../../../src/domain/plan/planner.ts';
import {
  addCertificate,
  inventoryOf,
  NOW,
  SETTINGS,
  withCertificate,
  withPreconditions,
} from '../../support/inventory.ts';
import { run } from '../decide/decide-parts.ts';

for (const [ca, commonName, version, renews] of [
  ['ca', 'kubernetes-ca', null, true],
  ['front-proxy-ca', 'kubernetes-front-proxy-ca', 'v1.28.4+k0s.0', true],
  ['etcd/ca', 'etcd-ca', 'v1.36.3+k0s.0', true],
  ['ca', 'Our CA', 'v1.34.0+k0s.0', false],
  ['ca', 'Our CA', 'v1.35.0+k0s.0', true],
  ['ca', null, null, false],
  ['etcd/ca', 'Our CA', 'v1.36.3+k0s.0', false],
  ['etcd/ca', 'Our CA', 'v1.37.0+k0s.0', true],
  ['front-proxy-ca', 'Our CA', 'v1.37.0+k0s.0', false],
] as const)
  test(`${version ?? 'an unknown version'} ${renews ? 'renews' : 'keeps'} what ${commonName ?? 'a CA without a name'} signed as ${ca}`, () => {
    assert.equal(renewsUnder(ca, { commonName }, version), renews);
  });

function planOf(inventory: Inventory) {
  const decisions = run(inventory, { request: { kind: 'manual', force: true } });
  return makePlan({ inventory, decisions, settings: SETTINGS, planId: 'p', now: NOW });
}

test('the restart renews every leaf, whatever its expiry, and the kubelet’s own not', () => {
  const inventory = inventoryOf('k0s-controller', { days: 300 });
  const plan = planOf(inventory);
  const said = k0s.restartRenews?.(inventory.node);
  assert.equal(said, 'A restart of k0s renews its certificates at any time.');
  const own = inventory.certificates.filter(({ owner }) => owner === 'k0s').map(({ id }) => id);
  assert.deepEqual(plan?.certificates, own.sort());
  assert.deepEqual(
    plan?.steps.map(({ kind }) => kind),
    ['backup', 'restart-unit', 'await-ready', 'verify-files', 'verify-served'],
  );
});

test('the plan does not wait for the API by which controllers join where that did not answer', () => {
  const inventory = inventoryOf('k0s-controller');
  const served = inventory.served.map((one) =>
    one.endpoint.name === 'k0s'
      ? { endpoint: one.endpoint, state: 'unreachable' as const, detail: 'ECONNREFUSED' }
      : one,
  );
  const step = planOf({ ...inventory, served })?.steps.find(({ kind }) => kind === 'verify-served');
  const names = step?.kind === 'verify-served' ? step.endpoints.map(({ name }) => name) : [];
  assert.deepEqual(names, ['kube-apiserver', 'etcd', 'etcd-peer']);
});

test('where no server of it is known, the unit alone says that it is ready', () => {
  const inventory = withPreconditions(inventoryOf('k0s-controller'), { unit: null });
  const blocked = run(inventory, { request: { kind: 'manual', force: true } });
  assert.equal(blocked.renewal.kind, 'blocked');
  const ids = inventory.certificates.filter(({ owner }) => owner === 'k0s').map(({ id }) => id);
  const decisions = { ...blocked, renewal: { kind: 'now' as const, ids, why: '' } };
  const plan = makePlan({
    inventory: { ...inventory, served: [] },
    decisions,
    settings: SETTINGS,
    planId: 'p',
    now: NOW,
  });
  const ready = plan?.steps.find(({ kind }) => kind === 'await-ready');
  assert.deepEqual(ready?.kind === 'await-ready' && [ready.unit, ready.health, ready.kubeconfig], [
    'k0scontroller',
    null,
    null,
  ]);
});

test('what k0s keeps because another CA signed it is reported with what has it issued again', () => {
  const expired = addCertificate(inventoryOf('k0s-controller', { days: 300 }), 'own', 10);
  const server = { ...expired.certificates.find(({ id }) => id === 'server')!.certificate, notAfter: NOW };
  const inventory = withCertificate(expired, 'server', { owner: 'operator', certificate: server });
  const remedies = (preconditions: Inventory['preconditions']) =>
    run({ ...inventory, preconditions }).certificates.flatMap(({ verdict }) =>
      verdict.kind === 'escalate' ? [verdict.remedy] : [],
    );
  const moved =
    'This version keeps what your own CA signed. Move /var/lib/k0s/pki/server.crt and its key away, then run: systemctl restart k0scontroller';
  const watched = 'Renew it where it comes from: certagent only watches this file.';
  assert.deepEqual(remedies(inventory.preconditions), [moved, watched]);
  assert.deepEqual(remedies({ ...inventory.preconditions, unit: null }), [moved, watched]);
});
