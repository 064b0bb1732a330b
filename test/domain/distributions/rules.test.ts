// What distinguishes the distributions, as one table; an unknown node has no rules and is judged all the same.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findBlockers } from '../../../src/domain/decide/blockers.ts';
import { outdated } from '../../../src/domain/decide/outdated.ts';
import { isRenewableAt } from '../../../src/domain/decide/renewal-window.ts';
import { roleOf, rulesOf, rulesOfNode } from '../../../src/domain/distributions/index.ts';
import type { Distribution } from '../../../src/domain/distributions/names.ts';
import type { Inventory } from '../../../src/domain/model/inventory.ts';
import { DAY } from '../../../src/domain/time/duration.ts';
import { inventoryOf, NO_HISTORY, NOW, type NodeKind, policyOf, withPreconditions } from '../../support/inventory.ts';
import { run } from '../decide/decide-parts.ts';

type Wanted = {
  kind: NodeKind;
  units: Record<string, string>;
  /** Milliseconds before expiry from which v1.33.1 renews. */
  window: number | null;
  /** Certificates that every start replaces. */
  always: string[];
  refusesForce: boolean;
  /** Certificates of these components explain why its unit, or its API server, is not healthy. */
  reliesOn: string[];
};

const SUPERVISOR = {
  window: 120 * DAY,
  always: ['agent/client-kube-proxy', 'agent/client-kubelet', 'agent/serving-kubelet'],
  refusesForce: true,
  reliesOn: ['k3s'],
};
const AT_ANY_TIME = { window: null, always: [], refusesForce: false, reliesOn: [] };

const WANTED: Record<Distribution, Wanted> = {
  kubeadm: {
    ...AT_ANY_TIME,
    kind: 'kubeadm',
    units: { 'control-plane': 'kubelet', worker: 'kubelet' },
    reliesOn: ['kube-apiserver', 'etcd'],
  },
  k3s: { ...SUPERVISOR, kind: 'k3s-server', units: { server: 'k3s', agent: 'k3s-agent' } },
  rke2: { ...SUPERVISOR, kind: 'rke2-server', units: { server: 'rke2-server', agent: 'rke2-agent' } },
  k0s: {
    ...AT_ANY_TIME,
    kind: 'k0s-controller',
    units: { controller: 'k0scontroller', worker: 'k0sworker' },
    always: inventoryOf('k0s-controller')
      .certificates.filter(({ owner }) => owner === 'k0s')
      .map(({ id }) => id),
    reliesOn: ['k0s'],
  },
  'hard-way': {
    ...AT_ANY_TIME,
    kind: 'hard-way',
    units: { 'control-plane': 'kube-apiserver', worker: 'kubelet' },
  },
};

for (const [distribution, wanted] of Object.entries(WANTED) as [Distribution, Wanted][]) {
  const rules = rulesOf(distribution);
  const inventory = inventoryOf(wanted.kind);

  test(`${distribution}: a unit for each role`, () => {
    const units = Object.entries(rules.roles).map(([role, { unit }]) => [role, unit]);
    assert.deepEqual(Object.fromEntries(units), wanted.units);
  });

  test(`${distribution}: the CA of its kubeconfigs' users and the node's name are known by files of the node`, () => {
    const paths = inventory.certificates.map(({ place }) => place.path);
    for (const path of rules.clientAuthorities(inventory.node.paths)) assert.ok(paths.includes(path), path);
    const ids = inventory.certificates.map(({ id }) => id);
    const hasKubelet = distribution !== 'hard-way';
    assert.equal(
      rules.kubeletCertificates.some((id) => ids.includes(id)),
      hasKubelet,
    );
  });

  test(`${distribution}: what renews, and when`, () => {
    assert.equal(rules.restartWindow('v1.33.1'), wanted.window);
    assert.equal(rules.renewsWithin({ restartWindow: 7 }), wanted.window === null ? Number.POSITIVE_INFINITY : 7);
    const { version } = inventory.node;
    const always = inventory.certificates.filter((one) => rules.renewedAtEveryStart(one, version)).map(({ id }) => id);
    assert.deepEqual(always, wanted.always);
    assert.deepEqual(rules.reliesOn('kube-apiserver'), wanted.reliesOn);
    const { components } = inventory.preconditions;
    assert.equal(rules.readAtStart({ components }).length > 0, distribution === 'kubeadm');
    assert.equal(rules.refuseForce(NOW)?.code, wanted.refusesForce ? 'K3S_OUTSIDE_WINDOW' : undefined);
  });
}

for (const [version, days] of [
  ['v1.33.1+k3s1', 120],
  ['v1.33.0+k3s1', 90],
  ['v1.32.5+rke2r1', 120],
  ['v1.32.4+k3s1', 90],
  ['v1.31.9+k3s1', 120],
  ['v1.30.13+k3s1', 120],
  ['v1.30.12+k3s1', 90],
  ['v1.29.15+k3s1', 90],
  ['v1.34.0+k3s1', 120],
  ['v2.0.0', 120],
  ['garbage', 90],
  [null, 90],
] as const)
  test(`a restart of ${version ?? 'an unknown version'} renews ${days} days before expiry`, () => {
    for (const name of ['k3s', 'rke2'] as const) assert.equal(rulesOf(name).restartWindow(version), days * DAY);
  });

test('a node of no known distribution has no rules: nothing of it is renewed, and nothing fails', () => {
  const known = inventoryOf('kubeadm', { days: -1 });
  const unknown: Inventory = { ...known, node: { ...known.node, distribution: null, role: null } };
  assert.deepEqual([rulesOfNode(unknown.node), roleOf(unknown.node)], [null, null]);
  assert.equal(roleOf({ distribution: 'kubeadm', role: 'server' }), null);
  assert.equal(roleOf({ distribution: null, role: 'server' }), null);
  assert.equal(run(unknown).renewal.kind, 'none');
  assert.equal(run(unknown, { request: { kind: 'manual', force: true } }).renewal.kind, 'none');
  assert.deepEqual(outdated(unknown), []);
  const sick = unknown.preconditions.components.map((one) => ({ ...one, healthy: false }));
  const preconditions = { ...unknown.preconditions, components: sick };
  const blockers = findBlockers({
    inventory: { ...unknown, preconditions },
    ids: [],
    policy: policyOf(),
    history: NO_HISTORY,
    now: NOW,
  });
  assert.ok(blockers.length > 0 && blockers.every(({ code }) => code === 'COMPONENT_UNHEALTHY'));
  assert.equal(isRenewableAt(unknown.certificates[0]!, unknown, NOW), true);
});

test('an agent waits for its server, without a time and without a page; what else prevents it is an obstacle', () => {
  const agent = inventoryOf('k3s-agent', { days: 20 });
  const away = { answers: false, detail: 'server:6443: ECONNREFUSED', url: 'https://server:6443' };
  const waiting = run(withPreconditions(agent, { servers: away })).renewal;
  assert.equal(waiting.kind, 'waiting');
  assert.deepEqual(waiting.kind === 'waiting' && [waiting.until, waiting.code], [null, 'SERVER_AWAY']);
  assert.equal(run(withPreconditions(agent, { servers: { ...away, answers: true } })).renewal.kind, 'now');
  const full = agent.preconditions.disk.map((disk) => ({ ...disk, freeBytes: 0 }));
  const disk = full.length > 0 ? full : [{ path: '/', freeBytes: 0, neededBytes: 1 }];
  assert.equal(run(withPreconditions(agent, { servers: away, disk })).renewal.kind, 'blocked');
});
