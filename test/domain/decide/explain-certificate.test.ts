// `certagent explain NAME`: the inputs of a decision, by the same checks that decide.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { StandingAlert } from '../../../src/domain/alerts/alert.ts';
import { decide } from '../../../src/domain/decide/decide.ts';
import { explainCertificate } from '../../../src/domain/decide/explain-certificate.ts';
import type { Attempt, History, Policy } from '../../../src/domain/model/decision.ts';
import type { Inventory } from '../../../src/domain/model/inventory.ts';
import type { Silence } from '../../../src/domain/model/orders.ts';
import { DAY, HOUR } from '../../../src/domain/time/duration.ts';
import {
  addCertificate,
  inventoryOf,
  NO_HISTORY,
  NODE_KINDS,
  NOW,
  policyOf,
  withPreconditions,
} from '../../support/inventory.ts';
import { SCHEDULE } from './decide-parts.ts';

type Given = {
  policy?: Partial<Policy>;
  history?: History;
  alerts?: StandingAlert[];
  silences?: Silence[];
};

function explained(inventory: Inventory, id: string, given: Given = {}) {
  const { policy = {}, history = NO_HISTORY, alerts = [], silences = [] } = given;
  const input = { inventory, policy: policyOf(policy), history, now: NOW, request: SCHEDULE };
  return { found: explainCertificate(id, input, { alerts, silences }), decided: decide(input) };
}

test('of every certificate of every node: the decision is the one that decides, and its rule is the last that was asked', () => {
  fc.assert(
    fc.property(fc.constantFrom(...NODE_KINDS), fc.integer({ min: -30, max: 300 }), (kind, days) => {
      const inventory = inventoryOf(kind, { days });
      for (const { id } of inventory.certificates) {
        const { found, decided } = explained(inventory, id);
        const decision = decided.certificates.find((one) => one.id === id)!;
        assert.deepEqual(found!.decision, decision);
        const decisive = found!.rules.filter(({ decides }) => decides);
        assert.ok(decisive.length <= 1);
        if (decisive.length === 1) assert.equal(found!.rules.at(-1)!.decides, true);
        const { verdict } = decision;
        if (verdict.kind !== 'keep' && verdict.code !== 'GOES_ALONG') assert.equal(decisive[0]?.code, verdict.code);
        if (verdict.kind === 'defer' && verdict.code === 'MAINTENANCE_WINDOW')
          assert.equal(found!.timing.moment, verdict.until);
      }
    }),
    { numRuns: 40 },
  );
});

const KUBEADM = inventoryOf('kubeadm', { days: 60 });

test('its windows, its moment, what serves it and what loads it', () => {
  const { found } = explained(KUBEADM, 'apiserver');
  const { timing, served, component, restart, blockers } = found!;
  assert.deepEqual([timing.opens, timing.urgent], [90 * DAY, 30 * DAY]);
  assert.ok(timing.moment! > NOW && timing.maintenance.next !== null);
  assert.equal(timing.backOffUntil, null);
  assert.ok(served.length > 0 && served.every(({ endpoint }) => endpoint.expects === 'apiserver'));
  assert.deepEqual([component?.health.name, component?.onlyAtStart], ['kube-apiserver', false]);
  assert.deepEqual([restart.always, restart.from], [false, null]);
  assert.deepEqual(blockers, []);
  assert.equal(explained(KUBEADM, 'scheduler.conf').found!.component?.onlyAtStart, true);
});

test('what prevents it, also before it is due', () => {
  const codes = (days: number, id: string, given: Given = {}) => {
    const inventory = withPreconditions(inventoryOf('kubeadm', { days }), { tool: null });
    return explained(inventory, id, given).found!.blockers.map(({ code }) => code);
  };
  assert.deepEqual(codes(200, 'apiserver'), ['KUBEADM_MISSING']);
  assert.deepEqual(codes(20, 'apiserver', { policy: { mode: 'observe' } }), ['OBSERVE_MODE', 'KUBEADM_MISSING']);
  const pause = { since: NOW, until: NOW + DAY, reason: 'freeze' };
  assert.deepEqual(codes(20, 'apiserver', { policy: { pause } }), ['PAUSED', 'KUBEADM_MISSING']);
  assert.equal(explained(withPreconditions(KUBEADM, { unit: null }), 'apiserver').found!.restart.unit, null);
  assert.deepEqual(codes(20, 'ca'), [], 'what certagent does not renew nothing prevents');
});

test('a restart of K3s: since when it renews, or at every start', () => {
  const inventory = inventoryOf('k3s-server', { days: 60 });
  const restart = (id: string) => explained(inventory, id).found!.restart;
  assert.equal(restart('client-admin').from, NOW + 60 * DAY - 120 * DAY);
  assert.equal(restart('client-admin').always, false);
  const always = inventory.certificates.find(({ id }) => id.startsWith('agent/'))!;
  assert.deepEqual([restart(always.id).always, restart(always.id).from], [true, null]);
  assert.deepEqual(
    explained({ ...inventory, node: { ...inventory.node, distribution: null } }, 'client-admin').found!.restart.from,
    null,
  );
});

const attempt = (change: Partial<Attempt>): Attempt => ({
  planId: 'p1',
  startedAt: NOW - 2 * HOUR,
  endedAt: NOW - HOUR,
  result: 'succeeded',
  trigger: 'schedule',
  error: null,
  granted: [],
  ...change,
});

test('its last renewal, the last attempt, and how long failures hold the next one back', () => {
  const granted = [{ id: 'apiserver', notAfter: NOW + 61 * DAY }];
  const failed = { planId: 'p2', startedAt: NOW - HOUR, endedAt: NOW - 60_000, result: 'failed' as const };
  const history = { attempts: [attempt({ granted }), attempt(failed)] };
  const { found } = explained(KUBEADM, 'apiserver', { history });
  assert.deepEqual([found!.lastRenewed?.planId, found!.lastAttempt?.planId], ['p1', 'p2']);
  assert.ok(found!.timing.backOffUntil! > NOW);
  assert.equal(found!.decision.verdict.kind === 'defer' && found!.decision.verdict.code, 'BACK_OFF');
});

const standing = (code: 'CERTIFICATE_URGENT' | 'KEY_READABLE', subject: string, facts = {}): StandingAlert => ({
  alert: { code, severity: 'warning', subject, text: 't', remedy: '', facts },
  since: NOW,
  lastSentAt: null,
});
const silence = (code: string, subject: string | null): Silence => ({
  code,
  subject,
  since: NOW,
  until: NOW + DAY,
  reason: 'r',
  severity: 'warning',
});

test('alerts and silences that are about it', () => {
  const alerts = [
    standing('CERTIFICATE_URGENT', 'node', { apiserver: '2027' }),
    standing('KEY_READABLE', 'apiserver'),
    standing('KEY_READABLE', 'ca'),
  ];
  const silences = [
    silence('CERTIFICATE_URGENT', null),
    silence('CERTIFICATE_URGENT', 'other'),
    silence('KEY_READABLE', 'apiserver'),
    silence('SINK_FAILING', 'apiserver'),
    silence('SINK_FAILING', null),
  ];
  const { found } = explained(KUBEADM, 'apiserver', { alerts, silences, policy: { pause: null } });
  assert.equal(found!.alerts.length, 2);
  assert.deepEqual(found!.silences, [silences[0], silences[2], silences[3]]);
});

test('a node of which nothing is known any more: what it says of its components stays', () => {
  const unknown = { ...KUBEADM, node: { ...KUBEADM.node, distribution: null } };
  assert.equal(explained(unknown, 'scheduler.conf').found!.component?.onlyAtStart, false);
});

test("the operator's certificate has no moment; an unknown name is null", () => {
  const { found } = explained(addCertificate(KUBEADM, 'ingress', 200), 'ingress');
  assert.deepEqual([found!.timing.moment, found!.component, found!.blockers], [null, null, []]);
  assert.equal(explained(KUBEADM, 'nonsense').found, null);
});

test("of the kubelet's certificate: whether the key of its CA is on another machine", () => {
  const inventory = inventoryOf('kubeadm', { days: 200 });
  const external = {
    ...inventory,
    certificates: inventory.certificates.map((one) =>
      one.owner === 'kubeadm' ? { ...one, owner: 'external-ca' as const } : one,
    ),
  };
  const client = inventory.certificates.find(({ owner, issuance }) => owner === 'kubelet' && issuance.ca !== null)!;
  assert.equal(explained(inventory, client.id).found?.signedElsewhere, undefined);
  assert.equal(explained(external, client.id).found?.signedElsewhere, true);
  assert.equal(explained(external, 'apiserver').found?.signedElsewhere, undefined);
});
