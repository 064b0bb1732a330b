import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type DecideInput, decide } from '../../src/domain/decide.ts';
import type { Attempt, History } from '../../src/domain/decision.ts';
import { DAY, HOUR, MINUTE } from '../../src/domain/duration.ts';
import type { Inventory } from '../../src/domain/inventory.ts';
import { isToolOwned } from '../../src/domain/renewalWindow.ts';
import { inMaintenance } from '../../src/domain/windows.ts';
import {
  addCertificate,
  inventoryOf,
  NO_HISTORY,
  NODE_KINDS,
  NOW,
  type NodeKind,
  policyOf,
  withCertificate,
  withPreconditions,
} from '../support/inventory.ts';

const SCHEDULE = { kind: 'schedule' } as const;
const BY_HAND = { kind: 'manual', force: false } as const;
const BY_FORCE = { kind: 'manual', force: true } as const;
const TONIGHT = Date.UTC(2026, 2, 4, 2, 33, 45);

function run(inventory: Inventory, change: Partial<DecideInput> = {}) {
  return decide({ inventory, policy: policyOf(), history: NO_HISTORY, now: NOW, request: SCHEDULE, ...change });
}

const ending = (kind: NodeKind, id: string, days: number) =>
  withCertificate(inventoryOf(kind), id, { certificate: { notAfter: NOW + days * DAY } });
const own = (inventory: Inventory) => inventory.certificates.filter(isToolOwned).map(({ id }) => id);

test('nothing is due: the node is left alone until the first window opens', () => {
  const { renewal } = run(inventoryOf('kubeadm', { days: 100 }));
  assert.equal(renewal.kind, 'none');
  const nextAt = renewal.kind === 'none' ? renewal.nextAt! : 0;
  assert.ok(nextAt >= NOW + 10 * DAY && inMaintenance(policyOf().maintenance, nextAt));
  assert.deepEqual(run(inventoryOf('kubeadm-worker')).renewal, { kind: 'none', nextAt: null });
  const observing = run(inventoryOf('kubeadm'), { policy: policyOf({ mode: 'observe' }) });
  assert.deepEqual(observing.renewal, { kind: 'none', nextAt: null });
});

test('one certificate is due: all that kubeadm renews go along in the maintenance window', () => {
  const inventory = ending('kubeadm', 'apiserver', 60);
  const { renewal, certificates } = run(inventory);
  assert.deepEqual(renewal, {
    kind: 'defer',
    until: TONIGHT,
    ids: own(inventory),
    why: 'apiserver ends in 60 d; renewed in the maintenance window',
  });
  const verdicts = new Map(certificates.map(({ id, verdict }) => [id, verdict]));
  assert.deepEqual(verdicts.get('etcd-peer'), {
    kind: 'defer',
    until: TONIGHT,
    code: 'GOES_ALONG',
    why: 'is renewed along with the others, so that the node is disturbed only once',
  });
  assert.equal(verdicts.get('ca')!.kind, 'keep');
  assert.equal(verdicts.get('kubelet-client')!.kind, 'keep');
});

test('at its moment in the window, and by hand at once', () => {
  const inventory = ending('kubeadm', 'apiserver', 60);
  for (const decisions of [run(inventory, { now: TONIGHT }), run(inventory, { request: BY_HAND })]) {
    assert.equal(decisions.renewal.kind, 'now');
    assert.deepEqual(decisions.renewal.kind === 'now' && decisions.renewal.ids, own(inventory));
    const company = decisions.certificates.find(({ id }) => id === 'scheduler.conf')!.verdict;
    assert.equal(company.kind === 'renew' && company.code, 'GOES_ALONG');
  }
});

test('why names what ends first', () => {
  const several = withCertificate(ending('kubeadm', 'apiserver', 20), 'etcd-peer', {
    certificate: { notAfter: NOW + 10 * DAY },
  });
  const { renewal } = run(several);
  assert.equal(renewal.kind === 'now' && renewal.why, 'etcd-peer ends in 10 d; 11 certificates are renewed together');
  const alone = { ...inventoryOf('kubeadm', { days: -1 }) };
  const one = { ...alone, certificates: alone.certificates.filter(({ id }) => id === 'apiserver' || id === 'ca') };
  const single = run(one).renewal;
  assert.equal(single.kind === 'now' && single.why, 'apiserver ended 1 d ago');
});

test('the earliest moment counts when several wait', () => {
  const inventory = ending('kubeadm', 'apiserver', 60);
  const urgentSoon = withCertificate(inventory, 'etcd-peer', { certificate: { notAfter: NOW + 30 * DAY + HOUR } });
  const { renewal } = run(urgentSoon);
  assert.equal(renewal.kind === 'defer' && renewal.until, NOW + HOUR);
  assert.match(renewal.kind === 'defer' ? renewal.why : '', /^etcd-peer /);
});

test('what an external CA signs does not go along and does not hold up the rest', () => {
  const { renewal } = run(inventoryOf('kubeadm-external-ca', { days: 20 }));
  assert.deepEqual(renewal.kind === 'now' && renewal.ids, [
    'apiserver-etcd-client',
    'etcd-healthcheck-client',
    'etcd-peer',
    'etcd-server',
    'front-proxy-client',
  ]);
});

test('a blocker blocks what would be done now, and is not told before', () => {
  const noKubeadm = withPreconditions(ending('kubeadm', 'apiserver', 60), { tool: null });
  assert.equal(run(noKubeadm).renewal.kind, 'defer');
  for (const decisions of [run(noKubeadm, { now: TONIGHT }), run(noKubeadm, { request: BY_HAND })]) {
    const { renewal } = decisions;
    assert.deepEqual(renewal.kind === 'blocked' && renewal.blockers.map(({ code }) => code), ['KUBEADM_MISSING']);
    assert.equal(decisions.certificates.find(({ id }) => id === 'etcd-peer')!.verdict.kind, 'keep');
  }
});

test('observe mode: blocked as soon as something is due, at any hour and for anybody', () => {
  const policy = policyOf({ mode: 'observe' });
  for (const days of [60, 20, -1])
    for (const request of [SCHEDULE, BY_HAND, BY_FORCE]) {
      const { renewal } = run(ending('kubeadm', 'apiserver', days), { policy, request });
      assert.deepEqual(renewal.kind === 'blocked' && renewal.blockers.map(({ code }) => code), ['OBSERVE_MODE']);
    }
});

test('force renews what is not due, but not what K3s would not renew', () => {
  assert.equal(run(inventoryOf('kubeadm'), { request: BY_FORCE }).renewal.kind, 'now');
  assert.equal(run(inventoryOf('kubeadm'), { request: BY_HAND }).renewal.kind, 'none');
  const fresh = inventoryOf('k3s-server');
  const withoutAgent = { ...fresh, certificates: fresh.certificates.filter(({ id }) => !id.startsWith('agent/')) };
  const { renewal } = run(withoutAgent, { request: BY_FORCE });
  assert.deepEqual(renewal.kind === 'blocked' && renewal.blockers, [
    {
      code: 'K3S_OUTSIDE_WINDOW',
      why: 'a restart of k3s would renew nothing yet: the first certificate ends on 2026-09-19',
      remedy: 'Wait, or run `k3s certificate rotate` by hand while k3s is stopped.',
    },
  ]);
  const empty = { ...fresh, certificates: [] };
  assert.deepEqual(run(empty, { request: BY_FORCE }).renewal, { kind: 'none', nextAt: null });
  assert.equal(run(inventoryOf('k3s-agent'), { request: BY_FORCE }).renewal.kind, 'now');
});

test('K3s: only what a restart renews goes along', () => {
  const inventory = ending('k3s-server', 'client-admin', 20);
  const { renewal } = run(inventory);
  assert.deepEqual(renewal.kind === 'now' && renewal.ids, [
    'client-admin',
    'agent/client-kubelet',
    'agent/serving-kubelet',
  ]);
  const all = run(inventoryOf('k3s-server', { days: 119 }), { request: BY_FORCE }).renewal;
  assert.equal(all.kind === 'now' && all.ids.length, 15);
});

test("K3s: opens above the version's window waits for that window", () => {
  const policy = policyOf({ opens: 150 * DAY });
  const { renewal } = run(inventoryOf('k3s-server', { days: 130 }), { policy });
  assert.equal(renewal.kind, 'defer');
  assert.ok(renewal.kind === 'defer' && renewal.until >= NOW + 10 * DAY && renewal.until < NOW + 11 * DAY);
  assert.match(renewal.kind === 'defer' ? renewal.why : '', /renews only what ends within 120 d/);
});

test('the next moment respects the back-off', () => {
  const failed: Attempt = {
    planId: 'p',
    startedAt: NOW - 2 * HOUR,
    endedAt: NOW - HOUR,
    result: 'failed',
    trigger: 'schedule',
    error: null,
    granted: [],
  };
  const { renewal } = run(ending('kubeadm', 'apiserver', 20), {
    history: { attempts: [failed, { ...failed, endedAt: NOW }] },
  });
  assert.equal(renewal.kind === 'defer' && renewal.until, NOW + 30 * MINUTE);
});

const anyNode = fc
  .record({
    kind: fc.constantFrom(...NODE_KINDS),
    days: fc.integer({ min: -400, max: 400 }),
    others: fc.array(fc.record({ pick: fc.nat(), days: fc.double({ min: -30, max: 400, noNaN: true }) }), {
      maxLength: 6,
    }),
    now: fc.integer({ min: NOW - 3 * DAY, max: NOW + 3 * DAY }),
  })
  .map(({ kind, days, others, now }) => {
    const inventory = others.reduce(
      (made, { pick, days: left }) => {
        const { id, owner } = made.certificates[pick % made.certificates.length]!;
        if (owner === 'cluster-ca') return made;
        return withCertificate(made, id, { certificate: { notAfter: NOW + Math.round(left * DAY) } });
      },
      inventoryOf(kind, { days }),
    );
    return { inventory: addCertificate(inventory, 'ingress', days), now };
  });
const anyPolicy = fc
  .record({ opens: fc.integer({ min: 31, max: 200 }), nodeDelay: fc.double({ min: 0, max: 0.999, noNaN: true }) })
  .map(({ opens, nodeDelay }) => policyOf({ opens: opens * DAY, nodeDelay }));

test('nothing is renewed before its window opens, unless by force; never anything that is not the tool’s own', () => {
  fc.assert(
    fc.property(anyNode, anyPolicy, fc.constantFrom(SCHEDULE, BY_HAND), ({ inventory, now }, policy, request) => {
      const { renewal, certificates } = run(inventory, { now, policy, request });
      if (renewal.kind !== 'now') return;
      assert.ok(certificates.some(({ id, opensAt }) => renewal.ids.includes(id) && opensAt <= now));
      const owners = inventory.certificates.filter(({ id }) => renewal.ids.includes(id)).map(({ owner }) => owner);
      assert.ok(owners.every((owner) => owner === inventory.node.distribution));
    }),
  );
});

test('expired or urgent and nothing in the way: renewed now; outside of the maintenance window nothing else is', () => {
  fc.assert(
    fc.property(anyNode, anyPolicy, ({ inventory, now }, policy) => {
      const { renewal, certificates } = run(inventory, { now, policy });
      const ours = certificates.filter(({ id }) => own(inventory).includes(id));
      const pressing = ours.some(({ nearness }) => nearness === 'expired' || nearness === 'urgent');
      if (pressing) assert.equal(renewal.kind, 'now');
      else if (renewal.kind === 'now') assert.ok(inMaintenance(policy.maintenance, now));
      if (renewal.kind === 'defer') assert.ok(renewal.until > now);
      if (renewal.kind === 'none' && renewal.nextAt !== null) assert.ok(renewal.nextAt > now);
    }),
  );
});

test('what is promised is kept: at the moment that was named, the renewal begins', () => {
  fc.assert(
    fc.property(anyNode, anyPolicy, ({ inventory, now }, policy) => {
      const { renewal } = run(inventory, { now, policy });
      const moment = renewal.kind === 'defer' ? renewal.until : renewal.kind === 'none' ? renewal.nextAt : null;
      if (moment === null) return;
      assert.equal(run(inventory, { now: moment, policy }).renewal.kind, 'now');
      assert.notEqual(run(inventory, { now: moment - 1, policy }).renewal.kind, 'now');
    }),
  );
});

/** Checks a node every `every` for `days`; a renewal grants `lifetime`, or fails when `fails` says so. */
function simulate(kind: NodeKind, days: number, lifetime: number, fails: (index: number) => boolean, every = 6 * HOUR) {
  let inventory = inventoryOf(kind, { days: lifetime / DAY });
  const attempts: Attempt[] = [];
  let expiredChecks = 0;
  for (let now = NOW; now < NOW + days * DAY; ) {
    const history: History = { attempts };
    const { renewal, certificates } = run(inventory, { now, history });
    if (certificates.some(({ id, nearness }) => own(inventory).includes(id) && nearness === 'expired')) expiredChecks++;
    if (renewal.kind === 'now') {
      const failed = fails(attempts.length);
      const notAfter = now + lifetime;
      attempts.push({
        planId: `p${attempts.length}`,
        startedAt: now,
        endedAt: now + 5 * MINUTE,
        result: failed ? 'rolled-back' : 'succeeded',
        trigger: 'schedule',
        error: null,
        granted: failed ? [] : renewal.ids.map((id) => ({ id, notAfter })),
      });
      if (!failed)
        inventory = renewal.ids.reduce(
          (made, id) => withCertificate(made, id, { certificate: { notAfter } }),
          inventory,
        );
    }
    // The daemon wakes up at the moment that was named, and at its own times besides.
    const next = renewal.kind === 'defer' ? renewal.until : renewal.kind === 'none' ? renewal.nextAt : null;
    now = Math.min(next ?? Number.POSITIVE_INFINITY, now + every);
  }
  return { attempts, expiredChecks };
}

test('a year of checks disturbs the node once', () => {
  for (const kind of ['kubeadm', 'k3s-server'] as const) {
    const { attempts, expiredChecks } = simulate(kind, 400, 365 * DAY, () => false, DAY);
    assert.equal(attempts.length, 1, kind);
    assert.equal(expiredChecks, 0);
  }
});

test('certificates granted for 60 days are renewed every 40 days, not at every check', () => {
  const { attempts, expiredChecks } = simulate('kubeadm', 365, 60 * DAY, () => false);
  const gaps = attempts.slice(1).map(({ startedAt }, index) => (startedAt - attempts[index]!.startedAt) / DAY);
  assert.ok(attempts.length <= 11, String(attempts.length));
  // The first is renewed at once: until then nobody knew what had been granted.
  assert.ok(
    gaps.every((gap) => gap >= 39.9 && gap <= 41.1),
    String(gaps),
  );
  assert.equal(expiredChecks, 0);
});

test('a renewal that always fails is tried no more than three times a day, and ever less often', () => {
  const { attempts } = simulate('kubeadm', 365, 365 * DAY, () => true, 3 * HOUR);
  assert.ok(attempts.length > 30);
  for (const { startedAt } of attempts) {
    const within = attempts.filter((other) => other.startedAt >= startedAt && other.startedAt < startedAt + DAY);
    assert.ok(within.length <= 3);
  }
  const last = attempts.slice(-5);
  assert.ok(last.slice(1).every(({ startedAt }, index) => startedAt - last[index]!.startedAt >= DAY));
});

test('after some failures it succeeds, and peace returns', () => {
  const { attempts, expiredChecks } = simulate('k3s-server', 400, 365 * DAY, (index) => index < 4);
  assert.deepEqual(
    attempts.map(({ result }) => result),
    ['rolled-back', 'rolled-back', 'rolled-back', 'rolled-back', 'succeeded'],
  );
  assert.equal(expiredChecks, 0);
});
