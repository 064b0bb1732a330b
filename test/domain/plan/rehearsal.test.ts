import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { decide } from '../../../src/domain/decide/decide.ts';
import { cannotRehearse, rehearsalHindrance } from '../../../src/domain/decide/rehearsal-hindrance.ts';
import { rulesOf } from '../../../src/domain/distributions/index.ts';
import type { Policy, Rehearse } from '../../../src/domain/model/decision.ts';
import type { Inventory } from '../../../src/domain/model/inventory.ts';
import type { KubeadmRehearsal, ServerRehearsal } from '../../../src/domain/model/rehearsal.ts';
import { describePlan } from '../../../src/domain/plan/describe.ts';
import { makePlan, makeRehearsal } from '../../../src/domain/plan/planner.ts';
import { DAY } from '../../../src/domain/time/duration.ts';
import {
  inventoryOf,
  NO_HISTORY,
  NOW,
  policyOf,
  SETTINGS,
  withCertificate,
  withPreconditions,
} from '../../support/inventory.ts';
import { controlPlane, k3sServer, MIB, withFacts } from './rehearsal-parts.ts';

type Options = { rehearse?: Rehearse; force?: boolean; policy?: Partial<Policy> };

function inputFor(inventory: Inventory, { rehearse = 'auto', force, policy }: Options) {
  const request = { kind: 'manual', force: force === true } as const;
  const asked = policyOf({ ...policy, rehearse });
  const decisions = decide({ inventory, policy: asked, history: NO_HISTORY, now: NOW, request });
  return { inventory, decisions, settings: { ...SETTINGS, rehearse }, planId: 'plan-1', now: NOW };
}

const planFor = (inventory: Inventory, options: Options = {}) => makePlan(inputFor(inventory, options));
const rehearsalFor = (inventory: Inventory, options: Options = {}) => makeRehearsal(inputFor(inventory, options));

function stepOf(inventory: Inventory, options: Options = {}) {
  const first = planFor(inventory, options)!.steps[0]!;
  assert.ok(first.kind === 'rehearse', first.kind);
  return first;
}

const blockersOf = (inventory: Inventory, options: Options = {}) => {
  const { renewal } = inputFor(inventory, options).decisions;
  return renewal.kind === 'blocked' ? renewal.blockers.map(({ code }) => code) : renewal.kind;
};

for (const [name, inventory] of [
  ['k3s-rehearsed', k3sServer()],
  ['kubeadm-rehearsed', controlPlane()],
] as const) {
  test(`the plan with a rehearsal: ${name}`, async () => {
    const plan = planFor(inventory)!;
    const golden = new URL(`../../golden/plan-${name}.json`, import.meta.url);
    const [rehearse] = plan.steps;
    const text = `${JSON.stringify({ said: describePlan(plan).split('\n'), rehearse }, null, 2)}\n`;
    if (process.env.UPDATE_GOLDEN === '1') await writeFile(golden, text);
    assert.equal(text, await readFile(golden, 'utf8'), 'run with UPDATE_GOLDEN=1 if the change is meant');
  });
}

test('on a worker nothing is rehearsed, and "always" blocks nothing', () => {
  const inventory = inventoryOf('kubeadm-worker');
  assert.deepEqual(rehearsalHindrance(inventory), { why: 'kubeadm renews nothing on a worker', replaced: true });
  assert.deepEqual(cannotRehearse.find({ inventory, policy: policyOf({ rehearse: 'always' }) } as never), []);
});

const noApi = withPreconditions(k3sServer(), {
  components: k3sServer().preconditions.components.map((one) => ({
    ...one,
    health: { scheme: 'https', host: '127.0.0.1', port: 6443, path: '/ping' },
  })),
});
const HINDERED: [what: string, why: RegExp, Inventory][] = [
  ['no sandbox', /^systemd does not run here$/, k3sServer(20, { unsupported: 'systemd does not run here' })],
  [
    'little memory',
    /^1000 MiB of memory are available, and it needs 1024 MiB$/,
    k3sServer(20, { availableMemory: 1_000 * MIB }),
  ],
  [
    'a full disk',
    /^20 MiB of the disk are free, and three times the copy is 21 MiB$/,
    k3sServer(20, { freeBytes: 20 * MIB }),
  ],
  ['an external datastore', /^its datastore is a database elsewhere/, k3sServer(20, { datastore: 'external' })],
  [
    'a large embedded etcd',
    /^its embedded etcd is too large to copy \(1025 MiB, at most 1024 MiB\)$/,
    k3sServer(20, { datastore: 'etcd', copyBytes: 1_025 * MIB, freeBytes: 10_000 * MIB }),
  ],
  [
    'an embedded etcd whose copy does not fit',
    /^500 MiB of the disk are free, and three times the copy is 600 MiB$/,
    k3sServer(20, { datastore: 'etcd', copyBytes: 200 * MIB, freeBytes: 500 * MIB }),
  ],
  ['no datastore', /^its datastore was not found/, k3sServer(20, { datastore: null })],
  ['no API of its own', /no kube-apiserver of its own$/, noApi],
  ['no endpoint', /does not know where its API answers$/, { ...k3sServer(), served: [] }],
  ['an agent', /^an agent's start needs its server/, withFacts(inventoryOf('k3s-agent', { days: 20 }))],
  ['an agent of RKE2', /^an agent's start needs its server/, withFacts(inventoryOf('rke2-agent', { days: 20 }))],
  ['RKE2', /^a start of RKE2 replaces static pods/, withFacts(inventoryOf('rke2-server', { days: 20 }))],
  ['a kubeadm node without a sandbox', /^no systemd-run$/, controlPlane(20, { unsupported: 'no systemd-run' })],
  ['nothing known', /^certagent has not seen/, inventoryOf('k3s-server', { days: 20 })],
];

for (const [what, why, inventory] of HINDERED) {
  test(`not rehearsed, and the plan says why: ${what}`, () => {
    const plan = planFor(inventory)!;
    assert.ok(plan.steps.every(({ kind }) => kind !== 'rehearse'));
    assert.match(plan.notRehearsed!, why);
    const found = rehearsalFor(inventory);
    assert.ok(found.step === null);
    assert.match(found.why, why);
  });
}

test('embedded etcd is rehearsed when the copy fits', () => {
  const { rehearsal } = stepOf(k3sServer(20, { datastore: 'etcd', copyBytes: 200 * MIB }));
  assert.equal((rehearsal as ServerRehearsal).datastore, 'etcd');
});

test('what is not known does not prevent a rehearsal', () => {
  stepOf(k3sServer(20, { availableMemory: null, freeBytes: null }));
});

test('"never": no rehearsal, and no word about it; a distribution that has none: likewise', () => {
  for (const plan of [
    planFor(k3sServer(), { rehearse: 'never' })!,
    planFor(inventoryOf('k0s-controller', { days: 20 }))!,
  ]) {
    assert.ok(plan.steps.every(({ kind }) => kind !== 'rehearse'));
    assert.equal(plan.notRehearsed, undefined);
  }
});

test('"always": blocked where it cannot be, but not on an agent', () => {
  const always = { rehearse: 'always' } as const;
  assert.equal(blockersOf(k3sServer(), always), 'now');
  assert.deepEqual(blockersOf(k3sServer(20, { datastore: 'external' }), always), ['REHEARSAL_IMPOSSIBLE']);
  assert.deepEqual(blockersOf(inventoryOf('k0s-controller', { days: 20 }), always), ['REHEARSAL_IMPOSSIBLE']);
  assert.equal(blockersOf(withFacts(inventoryOf('k3s-agent', { days: 20 })), always), 'now');
  assert.equal(blockersOf(k3sServer(20, { datastore: 'external' })), 'now');
  assert.equal(stepOf(k3sServer(), always).required, true);
  assert.equal(stepOf(k3sServer()).required, false);
});

test('RKE2 never has one', () => assert.equal(rulesOf('rke2').rehearsing?.of(undefined as never), null));

test('an unknown node is not rehearsed', () => {
  const inventory = inventoryOf('k3s-server', { days: 20 });
  const unknown = { ...inventory, node: { ...inventory.node, distribution: null } };
  const found = rehearsalFor(unknown);
  assert.ok(found.step === null);
  assert.match(found.why, /an unknown node/);
});

test('a doubtful result stops what can wait, and not what is urgent or has expired', () => {
  assert.equal(stepOf(k3sServer(60)).doubtful, 'stop');
  assert.equal(stepOf(k3sServer(20)).doubtful, 'go-on');
  assert.equal(stepOf(k3sServer(-2)).doubtful, 'go-on');
  assert.equal(stepOf(k3sServer(-2), { rehearse: 'always' }).doubtful, 'stop');
});

const missingKey = (inventory: Inventory): Inventory =>
  withPreconditions(inventory, {
    hazards: [{ code: 'ca-key-missing', path: '/var/lib/rancher/k3s/server/tls/client-ca.key', detail: 'd' }],
  });
const missingCa = (inventory: Inventory): Inventory =>
  withPreconditions(inventory, {
    hazards: [{ code: 'ca-missing', path: '/var/lib/rancher/k3s/server/tls/other-ca.crt', detail: 'd' }],
  });

test('a missing CA file no longer blocks where the rehearsal shows what a start makes of it', () => {
  assert.equal(blockersOf(missingKey(k3sServer())), 'now');
  assert.deepEqual(blockersOf(missingKey(k3sServer()), { rehearse: 'never' }), ['K3S_CA_KEY_MISSING']);
  assert.deepEqual(blockersOf(missingKey(k3sServer(20, { datastore: 'external' }))), ['K3S_CA_KEY_MISSING']);
  const old = k3sServer();
  assert.deepEqual(blockersOf(missingKey({ ...old, node: { ...old.node, version: 'v1.21.5+k3s1' } })), [
    'K3S_CA_KEY_MISSING',
  ]);
  const step = stepOf(missingKey(k3sServer()));
  assert.deepEqual(
    step.rehearsal.authorities.filter(({ mustBeRestored }) => mustBeRestored).map(({ path }) => path),
    ['/var/lib/rancher/k3s/server/tls/client-ca.crt'],
  );
  assert.deepEqual([step.required, step.doubtful], [true, 'stop']);
  const { authorities } = stepOf(missingCa(k3sServer())).rehearsal;
  assert.deepEqual(
    authorities.filter(({ fingerprint }) => fingerprint === null),
    [
      {
        path: '/var/lib/rancher/k3s/server/tls/other-ca.crt',
        keyPath: '/var/lib/rancher/k3s/server/tls/other-ca.key',
        fingerprint: null,
        mustBeRestored: true,
      },
    ],
  );
});

test('an expired listener: first without the trigger file, and the plan creates it unless it was not needed', () => {
  const plan = planFor(k3sServer(-2))!;
  const [rehearse] = plan.steps;
  assert.ok(rehearse?.kind === 'rehearse');
  assert.equal((rehearse.rehearsal as ServerRehearsal).trigger, null);
  assert.match(rehearse.cure!, /dynamic-cert-regenerate$/);
  const trigger = plan.steps.find((step) => step.kind === 'regenerate-listener');
  assert.deepEqual(trigger, { kind: 'regenerate-listener', path: rehearse.cure, asRehearsed: true });
  const restart = plan.steps.find((step) => step.kind === 'restart-unit');
  assert.notEqual(restart?.listener, undefined);
  const old = k3sServer(-2);
  assert.equal(stepOf({ ...old, node: { ...old.node, version: 'v1.21.5+k3s1' } }).cure, null);
  assert.equal(stepOf(k3sServer()).cure, null);
});

test('a listener that cannot be read, or is not renewed: only what it serves must be valid', () => {
  const without = { ...k3sServer(), certificates: k3sServer().certificates.filter(({ id }) => id !== 'dynamic-cert') };
  const { listener } = stepOf(without).rehearsal as ServerRehearsal;
  assert.deepEqual([listener.expect, listener.path], [null, '/var/lib/rancher/k3s/server/tls/dynamic-cert.json']);
});

test('what is broken is removed from the copy, too, and nothing is known of what replaces it', () => {
  const leaf = {
    id: 'client-admin',
    path: '/var/lib/rancher/k3s/server/tls/client-admin.crt',
    keyPath: '/var/lib/rancher/k3s/server/tls/client-admin.key',
    caPath: null,
  };
  const broken = withPreconditions(k3sServer(), {
    hazards: [{ code: 'leaf-garbage', path: leaf.path, detail: 'd', leaf }],
  });
  const gone = { ...broken, certificates: broken.certificates.filter(({ id }) => id !== leaf.id) };
  const { rehearsal } = stepOf(gone, { policy: { heal: true } });
  assert.deepEqual((rehearsal as ServerRehearsal).remove, [leaf.path, leaf.keyPath]);
  assert.deepEqual(
    rehearsal.certificates.find(({ id }) => id === leaf.id),
    { ...leaf, old: null },
  );
});

test('a rotation is rehearsed as what it leaves: no leaf, and the trigger', () => {
  const { rehearsal, cure } = stepOf(k3sServer(200), { force: true });
  const { remove, trigger } = rehearsal as ServerRehearsal;
  assert.equal(cure, null);
  assert.match(trigger!, /dynamic-cert-regenerate$/);
  assert.ok(remove.includes('/var/lib/rancher/k3s/server/tls/client-admin.key'));
});

test("a unit that was not found has K3s's usual name; an API with a port of its own is asked there", () => {
  const node = withPreconditions(k3sServer(), { unit: null });
  const api = { name: 'kube-apiserver', host: '127.0.0.1', port: 6445, expects: 'serving-kube-apiserver' } as const;
  const served = [...node.served, { ...node.served[0]!, endpoint: api }] as Inventory['served'];
  const found = rehearsalFor({ ...node, served });
  assert.ok(found.step?.rehearsal.kind === 'start');
  assert.equal(found.step.rehearsal.unit, 'k3s');
  assert.equal(found.step.rehearsal.health.port, 6445);
});

test("kubeadm: the plan's own calls, on copies of what they write", () => {
  const { rehearsal } = stepOf(controlPlane());
  const { calls, directories } = rehearsal as KubeadmRehearsal;
  const renewals = planFor(controlPlane())!.steps.flatMap((step) => (step.kind === 'kubeadm-renew' ? [step] : []));
  assert.deepEqual(
    calls,
    renewals.map(({ name, argv }) => ({ id: name, argv })),
  );
  assert.deepEqual(directories, ['/etc/kubernetes']);
  const node = controlPlane();
  const elsewhere = { ...node, node: { ...node.node, paths: { ...node.node.paths, certificatesDir: '/srv/pki' } } };
  assert.deepEqual((stepOf(elsewhere).rehearsal as KubeadmRehearsal).directories, ['/etc/kubernetes', '/srv/pki']);
});

test('what renews nothing has nothing to rehearse', () => {
  const loopback = withPreconditions(controlPlane(300), { loopback: { notAfter: NOW + 3 * DAY, from: 'served' } });
  const plan = planFor(loopback)!;
  assert.deepEqual([plan.certificates, plan.notRehearsed], [['apiserver-loopback-client'], undefined]);
  assert.ok(plan.steps.every(({ kind }) => kind !== 'rehearse'));
  const found = rehearsalFor(loopback);
  assert.ok(found.step === null);
  assert.match(found.why, /nothing to rehearse/);
});

test('on demand: what could be renewed now, also where nothing is due, and whatever blocks it', () => {
  const quiet = rehearsalFor(controlPlane(300), { rehearse: 'never' });
  assert.ok(quiet.step?.rehearsal.kind === 'command');
  assert.ok(quiet.step.rehearsal.calls.length > 5);
  const blocked = withCertificate(controlPlane(), 'apiserver', { certificate: { keyType: 'RSA 2048' } });
  assert.ok(rehearsalFor(withPreconditions(blocked, { upgradeUnderWay: 'kubeadm upgrade' })).step !== null);
});
