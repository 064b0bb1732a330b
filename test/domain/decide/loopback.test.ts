import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from '../../../src/domain/decide/decide.ts';
import { LOOPBACK } from '../../../src/domain/decide/loopback.ts';
import { loopbackLifetime } from '../../../src/domain/distributions/kubernetes-version.ts';
import type { Attempt, History } from '../../../src/domain/model/decision.ts';
import type { Inventory } from '../../../src/domain/model/inventory.ts';
import { makePlan } from '../../../src/domain/plan/planner.ts';
import { DAY, HOUR } from '../../../src/domain/time/duration.ts';
import { inventoryOf, NO_HISTORY, NOW, policyOf, SETTINGS, withPreconditions } from '../../support/inventory.ts';

type Request = Parameters<typeof decide>[0]['request'];
const SCHEDULED: Request = { kind: 'schedule' };
const BY_HAND: Request = { kind: 'manual', force: false };

/** Open at NOW, or never open at NOW. */
const hours = (isOpen: boolean) => ({
  days: [0, 1, 2, 3, 4, 5, 6],
  start: isOpen ? 0 : (new Date(NOW).getUTCHours() * 60 + 120) % 1440,
  end: isOpen ? 0 : (new Date(NOW).getUTCHours() * 60 + 180) % 1440,
  timeZone: 'UTC',
});

function nodeWith(loopbackDays: number | null, days: number): Inventory {
  const made = inventoryOf('kubeadm', { days });
  if (loopbackDays === null) return made;
  return withPreconditions(made, { loopback: { notAfter: NOW + loopbackDays * DAY, from: 'served' } });
}

function decisionOn(inventory: Inventory, isOpen: boolean, request = SCHEDULED, history: History = NO_HISTORY) {
  const policy = policyOf({ maintenance: hours(isOpen), nodeDelay: 0 });
  const decisions = decide({ inventory, policy, history, now: NOW, request });
  const plan = makePlan({ inventory, decisions, settings: SETTINGS, planId: 'p', now: NOW });
  const restarts = (plan?.steps ?? []).flatMap((step) => (step.kind === 'cycle' ? [step.component] : []));
  return { renewal: decisions.renewal, plan, restartsApiserver: restarts.includes('kube-apiserver') };
}

/** Nothing else is due: the certificates expire in 200 days. */
const ALONE: [what: string, days: number | null, isOpen: boolean, request: Request, kind: string][] = [
  ['not known', null, true, SCHEDULED, 'none'],
  ['61 days left', 61, true, SCHEDULED, 'none'],
  ['61 days left, asked by hand', 61, false, BY_HAND, 'none'],
  ['60 days left, in the maintenance window', 60, true, SCHEDULED, 'now'],
  ['60 days left, outside', 60, false, SCHEDULED, 'waiting'],
  ['60 days left, outside, asked by hand', 60, false, BY_HAND, 'now'],
  ['30 days left, outside', 30, false, SCHEDULED, 'now'],
  ['expired, outside', -1, false, SCHEDULED, 'now'],
];
for (const [what, days, isOpen, request, kind] of ALONE)
  test(`a loopback certificate and nothing else: ${what}`, () => {
    const { renewal, plan, restartsApiserver } = decisionOn(nodeWith(days, 200), isOpen, request);
    assert.equal(renewal.kind, kind);
    assert.equal(restartsApiserver, kind === 'now');
    if (renewal.kind === 'none' || plan === null) return;
    assert.deepEqual(plan.certificates, [LOOPBACK]);
    assert.deepEqual(
      plan.steps.map((step) => step.kind),
      ['backup', 'cycle', 'verify-served'],
    );
    assert.match(plan.why, /^the loopback certificate of kube-apiserver expire/);
  });

test('a restart that failed is not tried again at once', () => {
  const attempt: Attempt = {
    planId: 'p',
    startedAt: NOW - HOUR / 4,
    endedAt: NOW - 60_000,
    result: 'rolled-back',
    trigger: 'schedule',
    error: null,
    granted: [],
  };
  const { renewal } = decisionOn(nodeWith(20, 200), true, SCHEDULED, { attempts: [attempt] });
  assert.deepEqual([renewal.kind, renewal.kind === 'waiting' && renewal.code], ['waiting', 'BACK_OFF']);
});

/** The certificates are due (60 days) or urgent (20 days) too. */
const TOGETHER: [what: string, loopback: number, days: number, isOpen: boolean, request: Request, restarts: boolean][] =
  [
    ['outlives the next renewal', 340, 60, true, SCHEDULED, false],
    ['would end before the next renewal, in the window', 330, 60, true, SCHEDULED, true],
    ['would end before the next renewal, outside: that can wait', 330, 20, false, SCHEDULED, false],
    ['would end before the next renewal, by hand', 330, 20, false, BY_HAND, true],
    ['has weeks left, outside', 50, 20, false, SCHEDULED, true],
  ];
for (const [what, loopback, days, isOpen, request, restarts] of TOGETHER)
  test(`a renewal ${restarts ? 'restarts' : 'leaves'} a kube-apiserver whose loopback certificate ${what}`, () => {
    assert.equal(decisionOn(nodeWith(loopback, days), isOpen, request).restartsApiserver, restarts);
  });

test('short-lived certificates are renewed again before the loopback certificate expires', () => {
  const node = nodeWith(200, 5);
  const certificates = node.certificates.map((one) => ({
    ...one,
    certificate: { ...one.certificate, notBefore: Math.max(one.certificate.notBefore, NOW - 15 * DAY) },
  }));
  assert.equal(decisionOn({ ...node, certificates }, true).restartsApiserver, false);
});

test('a kube-apiserver whose loopback certificate has expired may be unhealthy: its restart heals it', () => {
  const node = nodeWith(-1, 200);
  const components = node.preconditions.components.map((one) =>
    one.name === 'kube-apiserver' ? { ...one, healthy: false } : one,
  );
  assert.equal(decisionOn(withPreconditions(node, { components }), true).renewal.kind, 'now');
});

const LIFETIMES: [version: string | null, years: number][] = [
  ['v1.36.3', 3],
  ['v1.33.0', 3],
  ['v1.32.9', 1],
  [null, 1],
];
for (const [version, years] of LIFETIMES)
  test(`a loopback certificate made by ${version ?? 'an unknown version'} is valid for ${years} years`, () =>
    assert.equal(loopbackLifetime(version), years * 365 * DAY));
