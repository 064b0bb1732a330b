// A kubelet whose client certificate has expired: what is reported, when a new kubelet.conf is made, and with which steps.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DecideRequest } from '../../../src/domain/decide/certificate-check.ts';
import type { Attempt, Policy } from '../../../src/domain/model/decision.ts';
import type { Inventory, KubeletClient } from '../../../src/domain/model/inventory.ts';
import { describePlan } from '../../../src/domain/plan/describe.ts';
import { expectationsOf } from '../../../src/domain/plan/plan-parts.ts';
import { makePlan, type PlanSettings } from '../../../src/domain/plan/planner.ts';
import { DAY, HOUR } from '../../../src/domain/time/duration.ts';
import {
  addCertificate,
  inventoryOf,
  NOW,
  type NodeKind,
  policyOf,
  rotating,
  SETTINGS,
  withCertificate,
  withPreconditions,
} from '../../support/inventory.ts';
import { BY_HAND, run, SCHEDULE } from './decide-parts.ts';

const USER = 'system:node:node-1';
const CONF = '/etc/kubernetes/kubelet.conf';
const CURRENT = '/var/lib/kubelet/pki/kubelet-client-current.pem';
const CLIENT: KubeletClient = { kubeconfig: CONF, bootstrap: null, rotated: CURRENT };
const EMBEDDED = { kind: 'kubeconfig', path: CONF, entry: 'user', name: 'n', index: 0 } as const;

type Options = { kind?: NodeKind; days?: number; kubeletDays?: number; user?: string; client?: Partial<KubeletClient> };

/** A node whose kubelet has lost its certificate a day ago; everything else expires in `days`. */
function lost({ kind = 'kubeadm', days = 200, kubeletDays = -1, user = USER, client }: Options = {}): Inventory {
  const certificate = { notAfter: NOW + kubeletDays * DAY, commonName: user };
  const node = withCertificate(inventoryOf(kind, { days }), 'kubelet-client', { certificate });
  return withPreconditions(node, { kubelet: { ...CLIENT, ...client } });
}

/** The same with a certificate in kubelet.conf itself. */
function withEmbedded(node: Inventory, days: number, commonName = USER): Inventory {
  const { issuance } = node.certificates.find(({ id }) => id === 'kubelet-client')!;
  const made = { owner: 'kubelet', place: EMBEDDED, component: 'kubelet', issuance } as const;
  return withCertificate(addCertificate(node, 'kubelet.conf', days, made), 'kubelet.conf', {
    certificate: { commonName },
  });
}

function unhealthy(node: Inventory, ...names: string[]): Inventory {
  const components = node.preconditions.components.map((one) =>
    names.includes(one.name) ? { ...one, healthy: false } : one,
  );
  return withPreconditions(node, { components });
}

function withUnit(node: Inventory, change: Partial<NonNullable<Inventory['preconditions']['unit']>>): Inventory {
  return withPreconditions(node, { unit: { ...node.preconditions.unit!, active: false, ...change } });
}

const asked = policyOf({ kubelet: true });

function renewalOf(
  node: Inventory,
  policy: Policy = asked,
  request: DecideRequest = SCHEDULE,
  attempts: Attempt[] = [],
) {
  return run(node, { policy, request, history: { attempts } }).renewal;
}

function verdictOn(node: Inventory, policy: Policy = policyOf(), id = 'kubelet-client') {
  const verdict = run(node, { policy }).certificates.find((one) => one.id === id)?.verdict;
  assert.ok(verdict?.kind === 'escalate', id);
  return verdict;
}

const MAKE = `(umask 077; kubeadm kubeconfig user --org system:nodes --client-name ${USER} > ${CONF}.new)`;
const USE = `sed -i "s|server:.*|$(grep -m1 -o 'server:.*' ${CONF})|" ${CONF}.new && mv ${CONF}.new ${CONF} && systemctl restart kubelet`;
const GENERAL = /^Check rotateCertificates .* an expired one needs a new bootstrap of the node\.$/;

test('by default the exact commands are reported, and nothing is done', () => {
  const { code, remedy, why } = verdictOn(lost());
  assert.equal(code, 'KUBELET_NOT_ROTATING');
  assert.equal(why, 'expired 1 d ago and the kubelet has not rotated it');
  assert.equal(remedy, `Run: ${MAKE} && ${USE}. With renew.kubelet = true certagent does this by itself.`);
  assert.equal(renewalOf(lost(), policyOf()).kind, 'none');
});

test('with renew.kubelet = true certagent says that it does it, and how to do it by hand', () => {
  const { remedy } = verdictOn(lost(), asked);
  assert.equal(remedy, `certagent makes a new ${CONF} (renew.kubelet = true). By hand: ${MAKE} && ${USE}`);
});

test('on a worker node the first command is for a control-plane node', () => {
  const { remedy } = verdictOn(lost({ kind: 'kubeadm-worker' }), asked);
  const make = MAKE.replace(`${CONF}.new`, 'kubelet.conf.new');
  assert.equal(
    remedy,
    `On a control-plane node, run: ${make}. Copy that file to ${CONF}.new on this node, with mode 0600, and run here: ${USE}`,
  );
  assert.equal(renewalOf(lost({ kind: 'kubeadm-worker' })).kind, 'none');
});

for (const [version, flag] of [
  ['v1.28.15', ' --config KUBEADM_CONFIGURATION'],
  ['v1.29.0', ''],
  [null, ''],
] as const)
  test(`kubeadm ${version ?? 'of an unknown version'} is called with${flag === '' ? 'out' : ''} --config`, () => {
    const node = lost();
    const { remedy } = verdictOn({ ...node, node: { ...node.node, version } });
    assert.ok(remedy.includes(`--client-name ${USER}${flag} > `), remedy);
  });

/** What is not certain to be this kubelet's loss has the remedy of before, and no repair. */
const NOT_LOST: [what: string, node: Inventory][] = [
  ['another client certificate of it has not expired', withEmbedded(lost(), 3)],
  ['two certificates name two nodes', withEmbedded(lost(), -2, 'system:node:node-2')],
  ['no node is named', lost({ user: 'kubelet' })],
  ['the name could be a part of a command', lost({ user: 'system:node:a;reboot' })],
  ['no name at all', withCertificate(lost(), 'kubelet-client', { certificate: { commonName: null } })],
  ['the name has a line end', lost({ user: 'system:node:a\n' })],
  [
    'of the kubelet of another distribution',
    { ...lost(), node: { ...lost().node, distribution: 'k3s', role: 'server' } },
  ],
];
for (const [what, node] of NOT_LOST)
  test(`not lost: ${what}`, () => {
    assert.match(verdictOn(node, asked).remedy, GENERAL);
    assert.equal(renewalOf(node).kind, 'none');
  });

test('a rotation that does not happen: what the kubelet says, or that it is switched off', () => {
  const late = lost({ kubeletDays: 3 });
  const { code, remedy } = verdictOn(late, asked);
  assert.equal(code, 'KUBELET_NOT_ROTATING');
  assert.equal(renewalOf(late).kind, 'none');
  assert.equal(
    remedy,
    'See what the kubelet says: journalctl -u kubelet | grep -i certificate. On a control-plane node, kubectl get csr shows its requests: the kube-controller-manager approves and signs them. To have the kubelet ask again at once: systemctl restart kubelet',
  );
  const off = withPreconditions(late, { unit: null, kubelet: { ...CLIENT, rotationOffIn: '/k/config.yaml' } });
  assert.equal(
    verdictOn(off, asked).remedy,
    'Set rotateCertificates: true in /k/config.yaml; the kubelet then asks for a new certificate at its start: systemctl restart kubelet',
  );
});

test('where the key of the CA is elsewhere, the controller-manager signs nothing for the kubelet', () => {
  const { remedy } = verdictOn(lost({ kind: 'kubeadm-external-ca', kubeletDays: 3 }), asked);
  assert.match(
    remedy,
    /^The key of the CA is not on this node, .* signs no requests .*kubelet\.conf\.csr.*restart kubelet\.$/,
  );
});

test('a new kubelet.conf is no remedy for an expired serving certificate', () => {
  const node = withCertificate(withEmbedded(lost(), -1), 'kubelet.conf', {
    certificate: { usages: ['serverAuth'] },
    place: { kind: 'pem', path: '/var/lib/kubelet/pki/kubelet-server-current.pem', index: 0 },
  });
  assert.match(verdictOn(node, asked, 'kubelet.conf').remedy, GENERAL);
  assert.deepEqual(renewalOf(node), NOW_IT);
});

test('the kubelet of a node of no known distribution', () => {
  const node = lost();
  const unknown = { ...node, node: { ...node.node, distribution: null, role: null } };
  assert.match(verdictOn(unknown, asked).remedy, GENERAL);
  assert.equal(renewalOf(unknown).kind, 'none');
});

const CA_LATER = { ca: 'ca', state: 'not-signed', caNotAfter: NOW + 900 * DAY } as const;
const keys = (state: 'missing' | 'differs') => ({ caKeys: [{ ca: 'ca', path: '/etc/kubernetes/pki/ca.key', state }] });
const NOT_REPAIRED: [why: string, node: Inventory][] = [
  ['the first CA on this node did not sign the previous certificate', rotating(lost(), 'ca', ['kubelet-client'])],
  [
    'the first CA on this node did not sign the previous certificate',
    withCertificate(lost(), 'kubelet-client', { issuance: CA_LATER }),
  ],
  ['the CA ca has expired', withCertificate(lost(), 'ca', { certificate: { notAfter: NOW - 1 } })],
  ['the key of the CA ca is not on this node', lost({ kind: 'kubeadm-external-ca' })],
  ['the key of the CA ca is not on this node', withPreconditions(lost(), keys('differs'))],
  [`${CONF}, which names the API server, cannot be read`, { ...lost(), node: { ...lost().node, missing: [CONF] } }],
  [
    `${CONF}, which names the API server, cannot be read`,
    { ...lost(), findings: [{ path: CONF, id: null, owner: 'kubelet', reason: 'bad-kubeconfig', detail: '' }] },
  ],
  [
    'the settings of the kubelet are not known',
    withCertificate(inventoryOf('kubeadm'), 'kubelet-client', {
      certificate: { notAfter: NOW - DAY, commonName: USER },
    }),
  ],
  [`the kubelet uses /k.conf, not ${CONF}`, lost({ client: { kubeconfig: '/k.conf' } })],
  ['/b.conf exists, with which the kubelet may bootstrap itself', lost({ client: { bootstrap: '/b.conf' } })],
];
for (const [why, node] of NOT_REPAIRED)
  test(`not repaired: ${why}`, () => {
    const { remedy } = verdictOn(node, asked);
    assert.equal(remedy, `certagent does not make a new ${CONF}: ${why}. Once that is settled, run: ${MAKE} && ${USE}`);
    assert.equal(renewalOf(node).kind, 'none');
  });

const WHY = 'the client certificate of the kubelet expired 1 d ago, and the kubelet cannot renew it any more';
const NOW_IT = { kind: 'now', ids: ['kubelet-client'], why: WHY };
const failed = (minutesAgo: number): Attempt => ({
  planId: 'p',
  startedAt: NOW - minutesAgo * 60_000 - HOUR / 60,
  endedAt: NOW - minutesAgo * 60_000,
  result: 'rolled-back',
  trigger: 'schedule',
  error: null,
  granted: [],
});
const down = (options?: Options) => unhealthy(lost(options), 'kubelet');

test('it is made at once, outside the maintenance window too', () => {
  assert.deepEqual(renewalOf(lost()), NOW_IT);
  assert.deepEqual(renewalOf(down()), NOW_IT);
  assert.deepEqual(renewalOf(lost({ client: { kubeconfig: null } })), NOW_IT);
});

test('no client certificate of the kubelet was found', () => {
  const node = lost();
  const certificates = node.certificates.filter(({ owner }) => owner !== 'kubelet');
  assert.equal(renewalOf({ ...node, certificates }).kind, 'none');
});

test('in kubelet.conf and in the rotated file, both expired', () => {
  assert.deepEqual(renewalOf(withEmbedded(lost(), -1)), { ...NOW_IT, ids: ['kubelet-client', 'kubelet.conf'] });
});

test('what is due goes first while the kubelet runs, and after it when it does not', () => {
  const due = renewalOf(lost({ days: 20 }));
  assert.ok(due.kind === 'now' && due.ids.includes('apiserver') && !due.ids.includes('kubelet-client'));
  assert.deepEqual(renewalOf(down({ days: 20 })), NOW_IT);
  assert.deepEqual(renewalOf(lost({ days: 60 })), NOW_IT, 'what waits for the maintenance window does not hold it up');
});

test('after a failure it waits, unless a person asks', () => {
  const until = NOW + 10 * 60_000;
  const expected = { kind: 'waiting', until, code: 'BACK_OFF', ids: ['kubelet-client'], why: WHY };
  assert.deepEqual(renewalOf(down(), asked, SCHEDULE, [failed(5)]), expected);
  assert.deepEqual(renewalOf(down(), asked, BY_HAND, [failed(5)]), NOW_IT);
  assert.deepEqual(renewalOf(down(), asked, SCHEDULE, [failed(20)]), NOW_IT);
});

test('mode "observe" says what would be done', () => {
  const observing = { kind: 'observing', until: NOW, ids: ['kubelet-client'], why: WHY, blockers: [] };
  assert.deepEqual(renewalOf(down(), policyOf({ kubelet: true, mode: 'observe' })), observing);
});

/** A kubelet that is down takes all else down with it after a reboot: that does not forbid to bring it back. */
const HARMLESS: [what: string, node: Inventory][] = [
  ['components are not healthy', unhealthy(down(), 'etcd', 'kube-apiserver')],
  ['the unit has failed', withUnit(down(), { stopped: false, detail: 'failed' })],
  ['a component has no manifest', withPreconditions(down(), { components: [], processesHidden: true })],
  [
    'another pair is broken',
    withCertificate(down(), 'etcd-peer', {
      key: { state: 'differs', path: '/k', mode: 0o600, readableByOthers: false },
    }),
  ],
];
for (const [what, node] of HARMLESS) test(`not forbidden: ${what}`, () => assert.deepEqual(renewalOf(node), NOW_IT));

const FORBIDDEN: [code: string, node: Inventory][] = [
  ['UNIT_NOT_RUNNING', withUnit(down(), { stopped: true, detail: 'inactive' })],
  ['UNIT_MISSING', withUnit(down(), { loaded: false })],
  ['UNIT_UNKNOWN', withPreconditions(down(), { unit: null })],
  ['KUBEADM_MISSING', withPreconditions(down(), { tool: null })],
  ['UPGRADE_UNDER_WAY', withPreconditions(down(), { upgradeUnderWay: 'kubeadm upgrade' })],
  ['CLOCK_DOUBTFUL', { ...down(), clock: { synchronized: false, detail: '', doubt: 'it jumped' } }],
  ['CA_ROTATION_UNDER_WAY', rotating(down(), 'ca', ['apiserver'])],
];
for (const [code, node] of FORBIDDEN)
  test(`forbidden: ${code}`, () => {
    const renewal = renewalOf(node);
    assert.ok(renewal.kind === 'blocked', JSON.stringify(renewal));
    assert.ok(renewal.blockers.some((blocker) => blocker.code === code));
  });

test('a unit that has failed still forbids every other renewal', () => {
  const due = withUnit(unhealthy(inventoryOf('kubeadm', { days: 20 }), 'kubelet'), { stopped: false });
  const renewal = renewalOf(due);
  assert.ok(renewal.kind === 'blocked' && renewal.blockers.some(({ code }) => code === 'UNIT_NOT_RUNNING'));
});

function planFor(node: Inventory, settings: Partial<PlanSettings> = {}) {
  const decisions = run(node, { policy: asked });
  return makePlan({ inventory: node, decisions, settings: { ...SETTINGS, ...settings }, planId: 'p', now: NOW })!;
}

test('the plan', () => {
  const plan = planFor(lost());
  assert.deepEqual(describePlan(plan).split('\n'), [
    `Renew 1 certificate of kubeadm: ${WHY}`,
    '  1. back up 3 files to /var/lib/certagent/backups/p',
    `  2. kubeadm kubeconfig user --org system:nodes --client-name ${USER}, into ${CONF}`,
    '  3. systemctl restart kubelet, and wait until it is healthy',
    `  4. point ${CONF} at ${CURRENT} when the kubelet has written that, within 90 s`,
  ]);
  assert.deepEqual(
    expectationsOf(plan).map(({ path }) => path),
    [CONF],
  );
  const { warnings } = planFor(unhealthy(down(), 'kube-apiserver'));
  assert.equal(warnings, undefined, 'what kubeadm gives is rotated soon');
  assert.equal(plan.oldExpired, false, 'a kubelet.conf that brings no kubelet back does not stay');
  const [backup, make, restart, point] = plan.steps;
  assert.ok(backup?.kind === 'backup' && make?.kind === 'kubelet-conf');
  assert.deepEqual(backup.files, [CONF, '/etc/kubernetes/pki/ca.crt', CURRENT]);
  assert.deepEqual([make.user, make.group], [USER, 'system:nodes']);
  const { old, ...expect } = make.expect;
  assert.deepEqual(expect, { id: 'kubelet-client', path: CONF, keyPath: CONF, caPath: '/etc/kubernetes/pki/ca.crt' });
  assert.equal(old?.notAfter, NOW - DAY);
  assert.deepEqual([old?.keyType, old?.granted], [undefined, undefined], 'kubeadm gives the kubelet another key');
  assert.deepEqual(point?.kind === 'point-kubelet-conf' && [point.expect.path, point.expect.keyPath], [
    CURRENT,
    CURRENT,
  ]);
  const health = { scheme: 'http', host: '127.0.0.1', port: 10_248, path: '/healthz' };
  assert.deepEqual(restart, { kind: 'restart-kubelet', unit: 'kubelet', health, limit: 360_000 });
});

test('the plan with a configuration of kubeadm, and a kubelet that cannot be asked', () => {
  const node = withPreconditions(lost(), { components: [] });
  const [, make, restart] = planFor(node, { kubeadmConfig: '/k.yaml' }).steps;
  assert.deepEqual(make?.kind === 'kubelet-conf' && make.argv.slice(-2), ['--config', '/k.yaml']);
  assert.equal(restart?.kind === 'restart-kubelet' && restart.health, null);
});
