import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from '../../../src/domain/decide/decide.ts';
import { chooseRequests } from '../../../src/domain/external/choose-requests.ts';
import { type InstallInput, installBlockers, installPlan } from '../../../src/domain/external/install-plan.ts';
import { judgeAnswers } from '../../../src/domain/external/judge-answers.ts';
import type { Inventory } from '../../../src/domain/model/inventory.ts';
import { describePlan } from '../../../src/domain/plan/describe.ts';
import { expectationsOf } from '../../../src/domain/plan/plan-parts.ts';
import { DAY } from '../../../src/domain/time/duration.ts';
import { inventoryOf, NO_HISTORY, NOW, policyOf, SETTINGS, withPreconditions } from '../../support/inventory.ts';
import { neighbour } from '../../support/parts.ts';
import { answerTo, nodeWith, requestFor } from './external-parts.ts';

const NAMES = { sans: ['DNS:kubernetes', 'IP:10.96.0.1'], usages: ['serverAuth'] };
const requests = [requestFor('apiserver', NAMES), requestFor('scheduler.conf')];
const node = nodeWith(...requests);
const decisionsOn = (inventory: Inventory, now = NOW) =>
  decide({ inventory, policy: policyOf(), history: NO_HISTORY, now, request: { kind: 'schedule' } });

function inputOf(inventory: Inventory, change: Partial<InstallInput> = {}): InstallInput {
  const now = change.now ?? NOW;
  const { accepted } = judgeAnswers(
    requests.map((request) => answerTo(request)),
    { inventory, now },
  );
  const pairs = accepted.map(({ request, answer: { certificate } }) => ({
    id: request.id,
    notAfter: certificate.notAfter,
    files: [{ path: `/${request.id}`, sha256: 'new', was: 'old' }],
  }));
  const known = {
    inventory,
    policy: policyOf(),
    history: NO_HISTORY,
    settings: SETTINGS,
    decisions: decisionsOn(inventory),
  };
  return { ...known, accepted, pairs, from: '/i/1', byPerson: true, planId: '1', now, ...change };
}

test('the plan of an installation: backup, files, verification, and what loads them', () => {
  const plan = installPlan(inputOf(node))!;
  assert.deepEqual(plan.certificates, ['apiserver', 'scheduler.conf']);
  assert.equal(plan.why, 'a person gave 2 signed certificates');
  assert.equal(plan.restores, undefined);
  assert.equal(plan.oldExpired, false);
  assert.deepEqual(
    plan.steps.map(({ kind }) => kind),
    ['backup', 'install-files', 'verify-files', 'cycle-unless-served', 'cycle', 'verify-served'],
  );
  assert.match(describePlan(plan), /install 2 signed certificates with their private keys: apiserver, scheduler\.conf/);
  assert.deepEqual(
    expectationsOf(plan).map(({ id, old }) => [id, old?.notAfter]),
    [
      ['apiserver', NOW + 20 * DAY],
      ['scheduler.conf', NOW + 20 * DAY],
    ],
  );
});

test('what is particular about it: expired ones, additions, neighbours, the command, another distribution', () => {
  const expired = installPlan(inputOf(node, { now: NOW + 21 * DAY }))!;
  assert.equal(expired.oldExpired, true);
  const input = inputOf(
    withPreconditions(node, { neighbours: [neighbour({ mounts: ['/etc/kubernetes/scheduler.conf'] })] }),
  );
  const [first] = input.accepted;
  first!.answer.certificate.sans = [...NAMES.sans, 'DNS:more'];
  const plan = installPlan({ ...input, byPerson: false })!;
  assert.equal(plan.why, 'the command of external_ca gave 2 signed certificates');
  assert.deepEqual(plan.warnings, ['the certificate for apiserver also has DNS:more, which was not requested']);
  assert.match(plan.neighbours?.join() ?? '', /kube-vip/);
  const restarted = installPlan({ ...input, settings: { ...SETTINGS, neighbours: 'restart' } })!;
  assert.equal(restarted.neighbours, undefined);
  assert.ok(restarted.steps.some(({ kind }) => kind === 'restart-neighbour'));
  assert.equal(installPlan(inputOf(node, { accepted: [] })), null);
  assert.equal(installPlan({ ...input, inventory: inventoryOf('k3s-server') }), null);
});

test('what forbids it: a person may install where certagent only observes, and without kubeadm', () => {
  const inventory = withPreconditions(node, { tool: null, upgradeUnderWay: 'the lock of kubeadm' });
  const policy = policyOf({ mode: 'observe' });
  const codes = (byPerson: boolean) =>
    installBlockers(['apiserver'], { inventory, policy, history: NO_HISTORY, now: NOW, byPerson }).map(
      ({ code }) => code,
    );
  assert.deepEqual(codes(true), ['UPGRADE_UNDER_WAY']);
  assert.deepEqual(codes(false), ['OBSERVE_MODE', 'UPGRADE_UNDER_WAY']);
});

test('requests are for what is due, or for what a person names', () => {
  const known = { inventory: node, decisions: decisionsOn(node) };
  const ids = (names: string[]) => chooseRequests(known, names).map(({ id }) => id);
  assert.ok(ids([]).includes('apiserver') && !ids([]).includes('etcd-server'));
  assert.deepEqual(ids(['scheduler.conf', 'scheduler.conf']), ['scheduler.conf']);
  const sound = inventoryOf('kubeadm-external-ca');
  assert.deepEqual(chooseRequests({ inventory: sound, decisions: decisionsOn(sound) }, []), []);
  const missing = {
    path: '/etc/kubernetes/admin.conf',
    id: 'lost',
    owner: 'external-ca' as const,
    reason: 'missing' as const,
    detail: '',
  };
  const refused: [string, RegExp][] = [
    ['etcd-server', /kubeadm renews etcd-server: the key of its CA is on this node/],
    ['kubelet-client', /is not a leaf certificate of a CA of this node whose key is elsewhere/],
    ['nobody', /this node has no certificate "nobody"/],
    ['lost', /admin\.conf cannot be read \(missing\)/],
  ];
  for (const [name, why] of refused)
    assert.throws(() => chooseRequests({ ...known, inventory: { ...node, findings: [missing] } }, [name]), why, name);
  const kubeadm = inventoryOf('kubeadm');
  assert.throws(() => chooseRequests({ inventory: kubeadm, decisions: decisionsOn(kubeadm) }, ['nobody']), {
    remedy: /The keys of all CAs of this node are on it/,
  });
});

test('status says what a certificate needs: a request, or an answer', () => {
  const why = (inventory: Inventory, id: string) => {
    const { verdict } = decisionsOn(inventory).certificates.find((one) => one.id === id)!;
    return verdict.kind === 'escalate' ? [verdict.code, verdict.why] : [];
  };
  assert.deepEqual(why(node, 'admin.conf'), [
    'EXTERNAL_CA',
    'expires in 20 d and needs a signed certificate: certagent csr',
  ]);
  assert.deepEqual(why(node, 'apiserver'), [
    'EXTERNAL_CA',
    'expires in 20 d; its request waits for an answer since 2026-03-02',
  ]);
});
