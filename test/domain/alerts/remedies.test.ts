// What an alert advises must be possible: `certagent renew` where it is refused helps nobody at three in the morning.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AlertInput, standingAlerts } from '../../../src/domain/alerts/standing.ts';
import { blockerChecks } from '../../../src/domain/decide/blockers.ts';
import { decide } from '../../../src/domain/decide/decide.ts';
import type { History, Policy, Renewal } from '../../../src/domain/model/decision.ts';
import type { Hazard, Inventory, Preconditions } from '../../../src/domain/model/inventory.ts';
import { DAY, HOUR } from '../../../src/domain/time/duration.ts';
import {
  inventoryOf,
  NO_HISTORY,
  NOW,
  policyOf,
  RENEWED_KINDS,
  rotating,
  withCertificate,
  withPreconditions,
} from '../../support/inventory.ts';
import { copy } from './alert-parts.ts';

type Situation = { inventory: Inventory; policy?: Partial<Policy>; history?: History };

/** The alerts and what `certagent renew --force` does, as the daemon computes both. */
function both({ inventory, policy = {}, history = NO_HISTORY }: Situation) {
  const asked = { inventory, policy: policyOf(policy), history, now: NOW };
  const onDemand = decide({ ...asked, request: { kind: 'manual', force: true } }).renewal;
  const input: AlertInput = {
    inventory,
    decisions: decide({ ...asked, request: { kind: 'schedule' } }),
    onDemand,
    lastAttempt: null,
    copies: [copy('failed')],
    before: [],
    configError: 'line 3',
    modeMissing: true,
    failingSinks: ['mail'],
    now: NOW,
  };
  return { input, onDemand, alerts: standingAlerts(input) };
}

const advises = (alerts: { remedy: string }[]): boolean => alerts.some(({ remedy }) => /certagent renew/.test(remedy));

/** Everything that can be wrong with one certificate, on the node's own leaf of that kind. */
const FAULTS: Record<string, (node: Inventory, id: string) => Inventory> = {
  nothing: (node) => node,
  'key differs': (node, id) => withKey(node, id, 'differs'),
  'key missing': (node, id) => withKey(node, id, 'missing'),
  'key unreadable': (node, id) => withKey(node, id, 'unreadable'),
  'another CA': (node, id) =>
    withCertificate(node, id, { issuance: { ca: 'ca', state: 'not-signed', caNotAfter: NOW + 3000 * DAY } }),
  expired: (node, id) => withCertificate(node, id, { certificate: { notAfter: NOW - DAY } }),
  'read at start, written later': (node, id) =>
    withCertificate(node, id, {
      file: { mode: 0o600, uid: 0, gid: 0, modifiedAt: NOW - HOUR, changedAt: NOW - HOUR },
    }),
};

function withKey(node: Inventory, id: string, state: 'differs' | 'missing' | 'unreadable'): Inventory {
  return withCertificate(node, id, { key: { state, path: '/k', mode: 0o600, readableByOthers: false } });
}

const unfinished: History = {
  attempts: [
    {
      planId: 'p',
      startedAt: NOW - HOUR,
      endedAt: null,
      result: 'unfinished',
      trigger: 'schedule',
      error: null,
      granted: [],
    },
  ],
};
const HAZARDS: Hazard['code'][] = [
  'ca-missing',
  'ca-key-missing',
  'ca-unparsable',
  'ca-key-mismatch',
  'ca-changed',
  'leaf-garbage',
  'leaf-unwritable',
  'kubeconfig-unwritable',
];
const change = (preconditions: Partial<Preconditions>) => (inventory: Inventory) => ({
  inventory: withPreconditions(inventory, preconditions),
});
const unit = { name: 'kubelet', loaded: true, active: true, stopped: false, detail: 'dead' };

/** Everything in the way of a renewal that can be constructed. */
const OBSTACLES: Record<string, (node: Inventory) => Situation> = {
  nothing: (inventory) => ({ inventory }),
  'no rehearsal': (inventory) => ({ inventory, policy: { rehearse: 'always' } }),
  observe: (inventory) => ({ inventory, policy: { mode: 'observe' } }),
  pause: (inventory) => ({ inventory, policy: { pause: { since: NOW, until: NOW + 1, reason: 'freeze' } } }),
  'pause past an expiry': (inventory) => ({
    inventory,
    policy: { pause: { since: NOW, until: NOW + 4_000 * DAY, reason: 'freeze' } },
  }),
  unfinished: (inventory) => ({ inventory, history: unfinished }),
  'unfinished, of another version': (inventory) => ({
    inventory,
    history: { attempts: unfinished.attempts.map((attempt) => ({ ...attempt, unknown: 'drain' })) },
  }),
  clock: (inventory) => ({ inventory: { ...inventory, clock: { ...inventory.clock, doubt: 'it jumped' } } }),
  'no unit': change({ unit: null }),
  'unit not loaded': change({ unit: { ...unit, loaded: false } }),
  'unit failed': change({ unit: { ...unit, active: false } }),
  'unit stopped': change({ unit: { ...unit, active: false, stopped: true } }),
  'no tool': change({ tool: null }),
  'tool of no version': change({ tool: { path: '/usr/bin/kubeadm', version: null } }),
  upgrade: change({ upgradeUnderWay: 'kubeadm upgrade' }),
  disk: change({ disk: [{ path: '/var', freeBytes: 0, neededBytes: 1 }] }),
  'no components': change({ components: [] }),
  ...Object.fromEntries(
    (['missing', 'unreadable', 'differs'] as const).map((state) => [
      `CA key ${state}`,
      (inventory: Inventory) =>
        change({ caKeys: inventory.preconditions.caKeys.map((key) => ({ ...key, state })) })(inventory),
    ]),
  ),
  'a component is down': (inventory) =>
    change({
      components: inventory.preconditions.components.map((each) => ({ ...each, healthy: false, detail: 'down' })),
    })(inventory),
  'unreadable file': (inventory) => ({
    inventory: {
      ...inventory,
      findings: [{ path: '/a.crt', id: 'a', owner: 'kubeadm', reason: 'empty', detail: '' }],
    },
  }),
  'CA rotation': (inventory) => ({
    inventory: inventory.node.distribution === 'kubeadm' ? rotating(inventory, 'ca', ['apiserver']) : inventory,
  }),
  ...Object.fromEntries(
    HAZARDS.map((code) => [`hazard ${code}`, change({ hazards: [{ code, path: '/x', detail: '' }] })]),
  ),
};

const KINDS = RENEWED_KINDS;
const OWN = { kubeadm: ['apiserver', 'scheduler.conf'], other: ['client-admin', 'dynamic-cert', 'serving-kubelet'] };

test('no alert advises a renewal that certagent would refuse, on any node, with any fault and obstacle', () => {
  const blockersSeen = new Set<string>();
  let refused = 0;
  let advised = 0;
  for (const kind of KINDS)
    for (const days of [200, 60, 10, -1]) {
      const node = inventoryOf(kind, { days });
      const ids = (kind.startsWith('kubeadm') ? OWN.kubeadm : OWN.other).filter((id) =>
        node.certificates.some((each) => each.id === id),
      );
      for (const id of ids)
        for (const [fault, damage] of Object.entries(FAULTS))
          for (const [obstacle, block] of Object.entries(OBSTACLES)) {
            const { onDemand, alerts } = both(block(damage(node, id)));
            if (onDemand.kind === 'blocked') for (const { code } of onDemand.blockers) blockersSeen.add(code);
            if (onDemand.kind === 'now') advised += Number(advises(alerts));
            else {
              refused += 1;
              assert.ok(
                !advises(alerts),
                `${kind}, ${days} d, ${id}, ${fault}, ${obstacle}: ${JSON.stringify(alerts)}`,
              );
            }
          }
    }
  assert.ok(refused > 1000 && advised > 100, `${refused} refused, ${advised} advised`);
  const missing = blockerChecks.map(({ code }) => code).filter((code) => !blockersSeen.has(code));
  assert.deepEqual(missing, [], 'every blocker was met');
});

test('no alert advises a renewal, whatever it is that blocks', () => {
  for (const { code } of blockerChecks) {
    const onDemand: Renewal = { kind: 'blocked', ids: [], blockers: [{ code, why: 'x', remedy: 'Do it' }] };
    for (const fault of Object.values(FAULTS)) {
      const { input } = both({ inventory: fault(inventoryOf('kubeadm', { days: -1 }), 'apiserver') });
      assert.ok(!advises(standingAlerts({ ...input, onDemand })));
    }
  }
});

test('a certificate that certagent does not renew is not renewed by certagent renew', () => {
  const node = inventoryOf('kubeadm');
  const apiserver = node.certificates.find(({ id }) => id === 'apiserver')!;
  const mine = { ...apiserver, id: '/etc/ssl/own.crt', owner: 'operator' as const };
  const inventory = withKey({ ...node, certificates: [...node.certificates, mine] }, mine.id, 'unreadable');
  const { onDemand, alerts } = both({ inventory });
  assert.equal(onDemand.kind, 'now');
  assert.ok(alerts.some(({ code }) => code === 'KEY_UNREADABLE') && !advises(alerts));
});

test('an expired certificate: renew now, or what must happen first, or where to look', () => {
  const remedy = (situation: Situation, onDemand?: Renewal) => {
    const { input } = both(situation);
    const alerts = standingAlerts({ ...input, ...(onDemand === undefined ? {} : { onDemand }) });
    return alerts.find(({ code }) => code === 'CERTIFICATE_EXPIRED')?.remedy;
  };
  const inventory = inventoryOf('kubeadm', { days: -1 });
  assert.match(remedy({ inventory }) ?? '', /^Renew now: certagent renew\. Check rotateCertificates/);
  assert.match(remedy(OBSTACLES.disk!(inventory)) ?? '', /^Make room below/);
  assert.match(remedy({ inventory }, { kind: 'none', nextAt: null }) ?? '', /^See why certagent does not renew: /);
});
