import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { healedLeaves } from '../../../src/domain/decide/broken-leaves.ts';
import { decide } from '../../../src/domain/decide/decide.ts';
import { hazardRemedy } from '../../../src/domain/decide/hazard-remedy.ts';
import { rulesOf } from '../../../src/domain/distributions/index.ts';
import type { Distribution } from '../../../src/domain/distributions/names.ts';
import { restoresAuthorities } from '../../../src/domain/distributions/server-leaves.ts';
import type { BrokenLeaf } from '../../../src/domain/model/broken-leaf.ts';
import type { Attempt, Policy, Renewal } from '../../../src/domain/model/decision.ts';
import type { Hazard, Inventory } from '../../../src/domain/model/inventory.ts';
import { makePlan } from '../../../src/domain/plan/planner.ts';
import { HOUR } from '../../../src/domain/time/duration.ts';
import { inventoryOf, NO_HISTORY, NOW, policyOf, SETTINGS, withPreconditions } from '../../support/inventory.ts';

const TLS = '/var/lib/rancher/k3s/server/tls';
const leaf = (id: string): BrokenLeaf => ({
  id,
  path: `${TLS}/${id}.crt`,
  keyPath: `${TLS}/${id}.key`,
  caPath: `${TLS}/client-ca.crt`,
});
const garbage = (id: string, change: Partial<Hazard> = {}): Hazard => ({
  code: 'leaf-garbage',
  path: `${TLS}/${id}.crt`,
  detail: 'no certificate',
  leaf: leaf(id),
  ...change,
});
const without = ({ leaf: _leaf, ...hazard }: Hazard): Hazard => hazard;

type Made = { hazards?: Hazard[]; version?: string | null; days?: number; unit?: object };

function nodeOf({ hazards = [garbage('client-admin')], version = 'v1.36.3+k3s1', days = 300, unit }: Made): Inventory {
  const node = inventoryOf('k3s-server', { days });
  const broken = hazards.map(({ leaf: found }) => found?.id);
  const sound = { ...node, certificates: node.certificates.filter(({ id }) => !broken.includes(id)) };
  const changed = unit === undefined ? {} : { unit: { ...node.preconditions.unit!, ...unit } };
  return { ...withPreconditions(sound, { hazards, ...changed }), node: { ...node.node, version } };
}

const always: Partial<Policy> = { heal: true, maintenance: { ...policyOf().maintenance, start: 0, end: 0 } };
function renewalOf(made: Made, policy: Partial<Policy> = always, manual = false): Renewal {
  const request = manual ? ({ kind: 'manual', force: false } as const) : ({ kind: 'schedule' } as const);
  return decide({ inventory: nodeOf(made), policy: policyOf(policy), history: NO_HISTORY, now: NOW, request }).renewal;
}
const inWords = (renewal: Renewal): string => {
  if (renewal.kind === 'now') return `now ${(renewal.heals ?? []).map(({ id }) => id).join()}`;
  if (renewal.kind === 'blocked') return `blocked ${renewal.blockers.map(({ code }) => code).join()}`;
  return renewal.kind;
};

const CRASHES = {
  active: false,
  start: {
    underWay: false,
    reason: { code: 'BROKEN_CERTIFICATE', why: 'w', remedy: 'r', blocks: true, times: 1 },
  },
};
const later = { start: ((NOW / 60_000) % 1_440) - 120, end: ((NOW / 60_000) % 1_440) - 60 };
const outside: Partial<Policy> = { heal: true, maintenance: { ...policyOf().maintenance, ...later } };

const table: [string, Made, Partial<Policy>, string][] = [
  ['nothing due, heal off', {}, { ...always, heal: false }, 'none'],
  ['nothing due', {}, always, 'now client-admin'],
  ['nothing due, outside of the maintenance window', {}, outside, 'waiting'],
  ['it keeps the unit from starting, at any hour', { unit: CRASHES }, outside, 'now client-admin'],
  [
    'it keeps the unit from starting, heal off, all due',
    { unit: CRASHES, days: 5 },
    { heal: false },
    'blocked UNIT_NOT_RUNNING,K3S_LEAF_GARBAGE',
  ],
  ['others are due', { days: 5 }, always, 'now client-admin'],
  ['others are due, heal off', { days: 5 }, { heal: false }, 'blocked K3S_LEAF_GARBAGE'],
  ['a link', { days: 5, hazards: [without(garbage('client-admin'))] }, always, 'blocked K3S_LEAF_GARBAGE'],
  ['not known to be made again', { days: 5, hazards: [garbage('client-custom')] }, always, 'blocked K3S_LEAF_GARBAGE'],
  ['a CA, whatever it is called', { days: 5, hazards: [garbage('client-ca')] }, always, 'blocked K3S_LEAF_GARBAGE'],
  ['an unknown version', { days: 5, version: null }, always, 'blocked K3S_LEAF_GARBAGE'],
  [
    'a broken CA beside it',
    { days: 5, hazards: [garbage('client-admin'), { code: 'ca-unparsable', path: '/ca', detail: '' }] },
    always,
    'blocked K3S_CA_UNPARSABLE',
  ],
  ['certagent observes', {}, { ...always, mode: 'observe' }, 'observing'],
];
describe('broken leaves', () => {
  for (const [what, made, policy, expected] of table)
    test(`${what} → ${expected}`, () => assert.equal(inWords(renewalOf(made, policy)), expected));
});

test('a person who asks for a renewal gets it at once', () => {
  assert.equal(inWords(renewalOf({}, outside, true)), 'now client-admin');
});

test('after a failed attempt it waits', () => {
  const failed: Attempt = {
    planId: 'p',
    startedAt: NOW - HOUR,
    endedAt: NOW - 60_000,
    result: 'failed',
    trigger: 'schedule',
    error: { code: 'NOT_RENEWED', message: '' },
    granted: [],
  };
  const input = { inventory: nodeOf({}), policy: policyOf(always), now: NOW, request: { kind: 'schedule' } as const };
  const { renewal } = decide({ ...input, history: { attempts: [failed, failed, failed] } });
  assert.ok(renewal.kind === 'waiting' && renewal.code === 'BACK_OFF');
});

test('the plan removes certificate and key after the backup and before the restart, and verifies what comes', () => {
  const inventory = nodeOf({
    hazards: [garbage('client-admin'), garbage('client-admin', { path: `${TLS}/client-admin.key` })],
  });
  const decisions = decide({
    inventory,
    policy: policyOf(always),
    history: NO_HISTORY,
    now: NOW,
    request: { kind: 'schedule' },
  });
  const plan = makePlan({ inventory, decisions, settings: SETTINGS, planId: 'p', now: NOW });
  assert.deepEqual(plan?.steps.map(({ kind }) => kind).slice(0, 3), ['backup', 'remove-leaves', 'restart-unit']);
  const [backup, remove] = plan!.steps;
  assert.deepEqual(remove, { kind: 'remove-leaves', leaves: [leaf('client-admin')] });
  assert.ok(
    backup?.kind === 'backup' &&
      [`${TLS}/client-admin.crt`, `${TLS}/client-admin.key`].every((path) => backup.files.includes(path)),
  );
  const verify = plan!.steps.find((step) => step.kind === 'verify-files');
  assert.deepEqual(
    verify?.expect.find(({ id }) => id === 'client-admin'),
    { ...leaf('client-admin'), old: null },
  );
  assert.ok(plan!.certificates.includes('client-admin'));
  assert.match(plan!.why, /^broken: client-admin; removed with their keys/);
});

test('what a start makes again, by distribution and version', () => {
  const leavesMadeAtStart = (distribution: Distribution, version: string | null) =>
    rulesOf(distribution).leavesMadeAtStart?.(version) ?? [];
  const has = (id: string, ...of: Parameters<typeof leavesMadeAtStart>) => leavesMadeAtStart(...of).includes(id);
  assert.deepEqual(leavesMadeAtStart('kubeadm', 'v1.36.3'), []);
  assert.deepEqual(leavesMadeAtStart('k3s', null), []);
  assert.deepEqual(healedLeaves(inventoryOf('kubeadm'), { heal: true }), []);
  assert.ok(has('client-k3s-cloud-controller', 'k3s', 'v1.32.3+k3s1'));
  assert.ok(has('client-rke2-cloud-controller', 'rke2', 'v1.32.3+rke2r1'));
  assert.deepEqual(
    ['v1.28.1+k3s1', 'v1.32.3+k3s1', 'v1.36.3+k3s1'].map((version) => [
      has('client-kube-proxy', 'k3s', version),
      has('client-supervisor', 'k3s', version),
      has('kube-scheduler/kube-scheduler', 'k3s', version),
    ]),
    [
      [true, false, false],
      [false, true, false],
      [false, true, true],
    ],
  );
  for (const version of ['v1.21.4+k3s1', 'v1.28.1+k3s1', 'v1.36.3+k3s1'])
    assert.ok(
      leavesMadeAtStart('k3s', version).every((id) => !/-ca$|service/.test(id)),
      'no CA, no service.key',
    );
});

test('a missing CA: a K3s that restores it from its datastore is restarted by a person, an older one never', () => {
  for (const [version, restores] of [
    [null, false],
    ['v1.21.4+k3s1', false],
    ['v1.22.2+k3s1', false],
    ['v1.22.3+k3s1', true],
    ['v1.36.3+k3s1', true],
  ] as const) {
    assert.equal(restoresAuthorities(version), restores, String(version));
    const said = hazardRemedy({ code: 'ca-key-missing' }, nodeOf({ version }));
    assert.equal(/systemctl restart k3s/.test(said), restores, said);
    assert.ok(!/systemctl restart/.test(hazardRemedy({ code: 'ca-unparsable' }, nodeOf({ version }))));
  }
  const nameless = withPreconditions(nodeOf({}), { unit: null });
  assert.match(hazardRemedy({ code: 'ca-missing' }, nameless), /systemctl restart the unit/);
});
