import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findBlockers } from '../../../src/domain/decide/blockers.ts';
import type { StartReason } from '../../../src/domain/distributions/start-reasons.ts';
import type { History, Policy } from '../../../src/domain/model/decision.ts';
import type {
  Finding,
  Hazard,
  Inventory,
  ObservedCertificate,
  Preconditions,
} from '../../../src/domain/model/inventory.ts';
import { DAY } from '../../../src/domain/time/duration.ts';
import {
  addCertificate,
  inventoryOf,
  NO_HISTORY,
  NOW,
  policyOf,
  RENEWED_KINDS,
  rotating,
  withCertificate,
  withPreconditions,
} from '../../support/inventory.ts';

type Options = { policy?: Partial<Policy>; history?: History; ids?: string[]; now?: number };

function blockers(inventory: Inventory, { policy = {}, history = NO_HISTORY, ids, now = NOW }: Options = {}) {
  const all = inventory.certificates.map(({ id }) => id);
  return findBlockers({ inventory, ids: ids ?? all, policy: policyOf(policy), history, now });
}

const codes = (inventory: Inventory, options?: Options) => blockers(inventory, options).map(({ code }) => code);

for (const kind of RENEWED_KINDS) {
  test(`nothing forbids the renewal of a sound node: ${kind}`, () => assert.deepEqual(codes(inventoryOf(kind)), []));
}

const kubeadm = inventoryOf('kubeadm');
const k3s = inventoryOf('k3s-server');
const unit = (change: object) => ({ unit: { ...kubeadm.preconditions.unit!, ...change } });
const k3sUnit = (change: object) => ({ unit: { ...k3s.preconditions.unit!, ...change } });
const caKey = (ca: string, state: Preconditions['caKeys'][number]['state']) => ({
  caKeys: kubeadm.preconditions.caKeys.map((one) => (one.ca === ca ? { ...one, state } : one)),
});
const sick = (name: string, of = kubeadm, healthy = false) => ({
  components: of.preconditions.components.map((one) =>
    one.name === name ? { ...one, healthy, detail: 'no answer' } : one,
  ),
});
const expired = (inventory: Inventory, id: string) =>
  withCertificate(inventory, id, { certificate: { notAfter: NOW - DAY } });
const finding = (change: Partial<Finding>): Inventory => ({
  ...kubeadm,
  findings: [
    {
      path: '/etc/kubernetes/pki/apiserver.crt',
      id: 'apiserver',
      owner: 'kubeadm',
      reason: 'empty',
      detail: '0 bytes',
      ...change,
    },
  ],
});
/** A K3s whose last start did not succeed, or is under way. */
const starting = (found: StartReason | null, underWay = true) =>
  withPreconditions(k3s, {
    ...k3sUnit({ active: false, start: { underWay, reason: found } }),
    components: k3s.preconditions.components.map((one) => ({ ...one, healthy: false, detail: 'activating (start)' })),
  });
const reason = (code: StartReason['code'], times = 9): StartReason => ({
  code,
  why: 'it waits',
  remedy: 'Help it.',
  blocks: ['CA_NEWER_THAN_DATASTORE', 'BROKEN_CERTIFICATE'].includes(code),
  times,
});
const hazard = (code: Hazard['code']) => withPreconditions(k3s, { hazards: [{ code, path: '/p', detail: 'd' }] });
const unfinished: History = {
  attempts: [
    { planId: 'p', startedAt: NOW, endedAt: null, result: 'unfinished', trigger: 'manual', error: null, granted: [] },
  ],
};
const ofAnotherVersion: History = {
  attempts: unfinished.attempts.map((attempt) => ({ ...attempt, unknown: 'rehearse' })),
};

const pre = (change: Partial<Preconditions>) => withPreconditions(kubeadm, change);
const admin = { kind: 'kubeconfig', path: '/etc/kubernetes/admin.conf', name: 'kubernetes' } as const;
/** kubeadm's node with another certificate behind that of `path`. */
const behind = (place: ObservedCertificate['place'], change: Partial<ObservedCertificate> = {}): Inventory =>
  addCertificate(kubeadm, `${place.path} ${place.index}`, 900, { owner: 'cluster-ca', place, ...change });
const apiserverFile = '/etc/kubernetes/pki/apiserver.crt';
const two = (entry: 'user' | 'cluster') => behind({ ...admin, entry, index: 1 });
const oneCa = behind({ ...admin, entry: 'cluster', index: 0 });

const table: [string, string[], Inventory, Options?][] = [
  [
    'a component answers, but its process is not seen',
    ['PROCESS_UNKNOWN'],
    pre({
      components: kubeadm.preconditions.components.map((one) =>
        one.name === 'kube-scheduler' ? { ...one, pid: null, startedAt: null } : one,
      ),
    }),
  ],
  ['a chain in a file', ['CHAIN_IN_FILE'], behind({ kind: 'pem', path: apiserverFile, index: 1 })],
  ['a chain in a file that is not renewed', [], behind({ kind: 'pem', path: apiserverFile, index: 1 }), { ids: [] }],
  ["a chain in the kubelet's file", [], behind({ kind: 'pem', path: '/var/lib/kubelet/pki/kubelet.crt', index: 1 })],
  ["a chain in a kubeconfig's user", ['CHAIN_IN_FILE'], two('user')],
  ['one CA in a kubeconfig', [], oneCa],
  ['two CAs in a kubeconfig', ['SEVERAL_CAS_IN_KUBECONFIG'], two('cluster')],
  ['/proc is mounted with hidepid', ['PROCESSES_HIDDEN'], pre({ processesHidden: true })],
  ['observe mode', ['OBSERVE_MODE'], kubeadm, { policy: { mode: 'observe' } }],
  ['a pause', ['PAUSED'], kubeadm, { policy: { pause: { since: NOW, until: NOW + DAY, reason: 'freeze' } } }],
  ['a pause that has run out', [], kubeadm, { policy: { pause: { since: 0, until: NOW, reason: 'freeze' } } }],
  [
    'a pause that outlasts a certificate',
    ['PAUSED_PAST_EXPIRY'],
    kubeadm,
    { policy: { pause: { since: NOW, until: NOW + 4000 * DAY, reason: 'freeze' } } },
  ],
  ['a plan without an end', ['PLAN_UNFINISHED'], kubeadm, { history: unfinished }],
  ['a plan of another version without an end', ['PLAN_OF_ANOTHER_VERSION'], kubeadm, { history: ofAnotherVersion }],
  ['a doubtful clock', ['CLOCK_DOUBTFUL'], { ...kubeadm, clock: { ...kubeadm.clock, doubt: 'it jumped' } }],
  ['no unit', ['UNIT_UNKNOWN'], pre({ unit: null })],
  ['unit not loaded', ['UNIT_MISSING'], pre(unit({ loaded: false, active: false }))],
  ['unit failed', ['UNIT_NOT_RUNNING'], pre(unit({ active: false }))],
  [
    'kubelet failed, whatever has expired',
    ['UNIT_NOT_RUNNING'],
    expired(pre(unit({ active: false })), 'kubelet-client'),
  ],
  ['K3s failed', ['UNIT_NOT_RUNNING'], withPreconditions(k3s, k3sUnit({ active: false }))],
  ['K3s failed because of expiry', [], expired(withPreconditions(k3s, k3sUnit({ active: false })), 'client-admin')],
  [
    'K3s stopped on purpose, whatever has expired',
    ['UNIT_NOT_RUNNING'],
    expired(withPreconditions(k3s, k3sUnit({ active: false, stopped: true })), 'client-admin'),
  ],
  ['K3s is starting', ['UNIT_STARTING'], starting(null)],
  ['K3s is starting, whatever has expired', ['UNIT_STARTING'], expired(starting(null), 'client-admin')],
  [
    'K3s is starting, and was stopped meanwhile',
    ['UNIT_NOT_RUNNING'],
    withPreconditions(k3s, k3sUnit({ active: false, stopped: true, start: { underWay: false, reason: null } })),
  ],
  ['K3s hangs on its own expired listener', [], expired(starting(reason('LISTENER_EXPIRED')), 'dynamic-cert')],
  [
    'K3s complained once of its own expired listener',
    ['UNIT_STARTING'],
    expired(starting(reason('LISTENER_EXPIRED', 1)), 'dynamic-cert'),
  ],
  [
    'K3s says that it waits for its own listener, whose file is valid',
    ['UNIT_STARTING'],
    expired(starting(reason('LISTENER_EXPIRED')), 'client-admin'),
  ],
  [
    'K3s waits for another server, and its listener has expired',
    ['UNIT_STARTING'],
    expired(starting(reason('SERVER_UNREACHABLE')), 'dynamic-cert'),
  ],
  [
    'K3s cannot start, and its listener has expired',
    ['UNIT_NOT_RUNNING'],
    expired(starting(reason('CA_NEWER_THAN_DATASTORE')), 'dynamic-cert'),
  ],
  [
    'K3s ends again and again, and everything has expired',
    ['UNIT_NOT_RUNNING'],
    expired(starting(reason('BROKEN_CERTIFICATE'), false), 'client-admin'),
  ],
  [
    'K3s ended for a reason that passes, and everything has expired',
    [],
    expired(starting(reason('LEADER_LOST'), false), 'client-admin'),
  ],
  ['no kubeadm', ['KUBEADM_MISSING'], pre({ tool: null })],
  ['kubeadm of an unknown version', ['KUBEADM_VERSION_UNKNOWN'], pre({ tool: { path: '/k', version: null } })],
  ['an upgrade', ['UPGRADE_UNDER_WAY'], pre({ upgradeUnderWay: 'kubeadm upgrade apply (pid 7)' })],
  [
    'no room',
    ['DISK_FULL'],
    pre({
      disk: [
        { path: '/var', freeBytes: 9, neededBytes: 10 },
        { path: '/etc', freeBytes: 10, neededBytes: 10 },
      ],
    }),
  ],
  ['a CA key is missing', ['CA_KEY_MISSING'], pre(caKey('etcd-ca', 'missing'))],
  ['a CA key is missing that is not needed', [], pre(caKey('etcd-ca', 'missing')), { ids: ['apiserver'] }],
  ['a CA key cannot be read', ['CA_KEY_UNREADABLE'], pre(caKey('ca', 'unreadable'))],
  ['a CA key is of another CA', ['CA_KEY_DIFFERS'], pre(caKey('ca', 'differs'))],
  ['an empty certificate', ['UNREADABLE_CERTIFICATE'], finding({})],
  ['a missing certificate', ['UNREADABLE_CERTIFICATE'], finding({ reason: 'missing' })],
  ['an unreadable CA', ['UNREADABLE_CERTIFICATE'], finding({ id: 'ca', owner: 'cluster-ca' })],
  ['admin.conf was taken away', [], finding({ id: 'admin.conf', reason: 'missing' })],
  ['super-admin.conf was taken away', [], finding({ id: 'super-admin.conf', reason: 'missing' })],
  ['a broken admin.conf', ['UNREADABLE_CERTIFICATE'], finding({ id: 'admin.conf', reason: 'bad-kubeconfig' })],
  ["an operator's file", [], finding({ owner: 'operator' })],
  [
    'a half-written pair',
    ['KEY_MISMATCH'],
    withCertificate(kubeadm, 'etcd-server', {
      key: { state: 'differs', path: '/k', mode: 0o600, readableByOthers: false },
    }),
  ],
  [
    'another CA',
    ['NOT_SIGNED_BY_CA'],
    withCertificate(kubeadm, 'apiserver', { issuance: { ca: 'ca', state: 'not-signed', caNotAfter: null } }),
  ],
  ['a rotation of one CA', ['CA_ROTATION_UNDER_WAY'], rotating(kubeadm, 'ca', ['apiserver', 'admin.conf'])],
  ['a CA file with two CAs, and all are of the first', [], rotating(kubeadm, 'ca', [])],
  ['no manifests', ['COMPONENT_UNKNOWN', 'COMPONENT_UNKNOWN', 'COMPONENT_UNKNOWN'], pre({ components: [] })],
  [
    'a manifest was moved away',
    ['COMPONENT_UNKNOWN'],
    pre({
      components: kubeadm.preconditions.components.map((one) =>
        one.name === 'kube-scheduler' ? { ...one, manifest: null } : one,
      ),
    }),
  ],
  ['a sick scheduler', ['COMPONENT_UNHEALTHY'], pre(sick('kube-scheduler'))],
  ['sick because of expiry', [], expired(pre(sick('kube-scheduler')), 'scheduler.conf')],
  ["sick because of etcd's expiry", [], expired(pre(sick('kube-apiserver')), 'etcd-server')],
  ['sick, while something else has expired', ['COMPONENT_UNHEALTHY'], expired(pre(sick('etcd')), 'apiserver')],
  ['sick, while an unused file has expired', ['COMPONENT_UNHEALTHY'], expired(pre(sick('etcd')), 'admin.conf')],
  ['a sick kubelet', ['COMPONENT_UNHEALTHY'], expired(pre(sick('kubelet')), 'kubelet-client')],
  ['K3s is sick', ['COMPONENT_UNHEALTHY'], withPreconditions(k3s, sick('k3s', k3s))],
  ['K3s is sick because of expiry', [], expired(withPreconditions(k3s, sick('k3s', k3s)), 'etcd/client')],
  ['hazard', ['K3S_CA_MISSING'], hazard('ca-missing')],
  ['hazard', ['K3S_CA_KEY_MISSING'], hazard('ca-key-missing')],
  ['hazard', ['K3S_CA_UNPARSABLE'], hazard('ca-unparsable')],
  ['hazard', ['K3S_CA_KEY_MISMATCH'], hazard('ca-key-mismatch')],
  ['hazard', ['K3S_CA_CHANGED'], hazard('ca-changed')],
  ['hazard', ['K3S_LEAF_GARBAGE'], hazard('leaf-garbage')],
  ['hazard', ['K3S_LEAF_UNWRITABLE'], hazard('leaf-unwritable')],
  ['hazard', ['K3S_KUBECONFIG_UNWRITABLE'], hazard('kubeconfig-unwritable')],
  [
    'several at once',
    ['OBSERVE_MODE', 'KUBEADM_MISSING', 'COMPONENT_UNHEALTHY'],
    pre({ ...sick('kube-scheduler'), tool: null }),
    { policy: { mode: 'observe' } },
  ],
];

test('a unit that does not start: what its log says, and what to do', () => {
  const [why, remedy] = ['the unit k3s does not start; its log says: it waits (CA_NEWER_THAN_DATASTORE)', 'Help it.'];
  const [found] = blockers(starting(reason('CA_NEWER_THAN_DATASTORE')));
  assert.deepEqual(found, { code: 'UNIT_NOT_RUNNING', why, remedy });
  assert.match(
    blockers(starting(reason('SERVER_UNREACHABLE')))[0]?.why ?? '',
    /does not interrupt a start; its log says: it waits/,
  );
  assert.match(blockers(starting(null))[0]?.remedy ?? '', /journalctl -u k3s/);
});

test('blockers are listed in the order of the catalogue of reasons, whoever finds them', () => {
  const components = sick('kube-scheduler').components;
  const all = {
    ...pre({ tool: null, upgradeUnderWay: 'u', components, disk: [{ path: '/', freeBytes: 0, neededBytes: 1 }] }),
    findings: finding({}).findings,
  };
  assert.deepEqual(codes(all), [
    'KUBEADM_MISSING',
    'UPGRADE_UNDER_WAY',
    'DISK_FULL',
    'UNREADABLE_CERTIFICATE',
    'COMPONENT_UNHEALTHY',
  ]);
});

for (const [what, expected, inventory, options] of table) {
  test(`before a renewal: ${what} → ${expected.join(', ') || 'free to go'}`, () => {
    assert.deepEqual(codes(inventory, options), expected);
  });
}

test('a blocker names the file and what to do', () => {
  assert.deepEqual(blockers({ ...hazard('ca-key-missing'), node: { ...k3s.node, version: 'v1.21.4+k3s1' } }), [
    {
      code: 'K3S_CA_KEY_MISSING',
      why: '/p: d',
      remedy: 'Restore it: a restart would make a new CA and refuse every kubeconfig.',
    },
  ]);
  const [blocker] = blockers(pre(caKey('etcd-ca', 'missing')));
  assert.match(blocker!.why, /etcd-ca \(\/etc\/kubernetes\/pki\/etcd\/ca\.key\) is missing/);
});

test('a rotation of a CA: its file is named, and what to do', () => {
  const [blocker] = blockers(rotating(kubeadm, 'ca', ['apiserver']));
  assert.match(blocker!.why, /a rotation of the CA in \/etc\/kubernetes\/pki\/ca\.crt is under way/);
  assert.match(blocker!.remedy, /^Finish the rotation: .*\/etc\/kubernetes\/pki\/ca\.crt.*kubeadm certs renew all/);
});

test('what kubeadm would cut from a file: the file is named, with what to leave in it', () => {
  const [chain] = blockers(behind({ kind: 'pem', path: apiserverFile, index: 1 }));
  assert.match(chain!.why, /^\/etc\/kubernetes\/pki\/apiserver\.crt holds a chain of 2 certificates/);
  assert.match(chain!.remedy, /all but the first certificate from \/etc\/kubernetes\/pki\/apiserver\.crt/);
  const both = { ...oneCa, certificates: [...oneCa.certificates, ...two('cluster').certificates.slice(-1)] };
  const [cas] = blockers(both);
  assert.match(cas!.why, /^\/etc\/kubernetes\/admin\.conf holds 2 CAs/);
});

test('a unit that is down: the remedy is to start what somebody stopped, and to find out why it failed', () => {
  const down = (stopped: boolean) =>
    blockers(withPreconditions(k3s, k3sUnit({ active: false, stopped, detail: 'inactive (dead)' })));
  assert.deepEqual(down(true), [
    {
      code: 'UNIT_NOT_RUNNING',
      why: 'the unit k3s is stopped (inactive (dead)), and certagent leaves it stopped',
      remedy: 'Start it (systemctl start k3s), and certagent continues.',
    },
  ]);
  assert.match(down(false)[0]!.remedy, /journalctl -u k3s.*systemctl start k3s/);
});
