import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Attempt, History } from '../../../src/domain/model/decision.ts';
import { DAY, HOUR, MINUTE } from '../../../src/domain/time/duration.ts';
import { inventoryOf, NOW, type NodeKind, withCertificate } from '../../support/inventory.ts';
import { own, run } from './decide-parts.ts';

type Fails = (index: number) => boolean;

/** Checks a node every `every` for `days`; a renewal grants `lifetime`, or fails when `fails` says so. */
function simulate(kind: NodeKind, days: number, lifetime: number, fails: Fails, every = 6 * HOUR, backdate = false) {
  let inventory = inventoryOf(kind, { days: lifetime / DAY });
  const begins = (at: number) => (backdate ? { notBefore: at - 5 * MINUTE } : {});
  for (const id of own(inventory)) inventory = withCertificate(inventory, id, { certificate: begins(NOW) });
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
          (made, id) => withCertificate(made, id, { certificate: { notAfter, ...begins(now) } }),
          inventory,
        );
    }
    // The daemon wakes up at the time that the decision names, and at its own intervals.
    const next = renewal.kind === 'waiting' ? renewal.until : renewal.kind === 'none' ? renewal.nextAt : null;
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

test("a fresh cluster with 20-day certificates of today's kubeadm is renewed every 14 days, the first time too", () => {
  const { attempts, expiredChecks } = simulate('kubeadm', 200, 20 * DAY, () => false, HOUR, true);
  const moments = [NOW, ...attempts.map(({ startedAt }) => startedAt)];
  const gaps = moments.slice(1).map((at, index) => (at - moments[index]!) / DAY);
  assert.ok(attempts.length > 10);
  assert.ok(
    gaps.every((gap) => gap >= 13.3 && gap <= 14.4),
    String(gaps),
  );
  assert.equal(expiredChecks, 0);
});

test('a renewal that always fails is tried no more than three times a day, and less and less often', () => {
  const { attempts } = simulate('kubeadm', 365, 365 * DAY, () => true, 3 * HOUR);
  assert.ok(attempts.length > 30);
  for (const { startedAt } of attempts) {
    const within = attempts.filter((other) => other.startedAt >= startedAt && other.startedAt < startedAt + DAY);
    assert.ok(within.length <= 3);
  }
  const last = attempts.slice(-5);
  assert.ok(last.slice(1).every(({ startedAt }, index) => startedAt - last[index]!.startedAt >= DAY));
});

test('after some failures it succeeds, and nothing more is tried', () => {
  const { attempts, expiredChecks } = simulate('k3s-server', 400, 365 * DAY, (index) => index < 4);
  assert.deepEqual(
    attempts.map(({ result }) => result),
    ['rolled-back', 'rolled-back', 'rolled-back', 'rolled-back', 'succeeded'],
  );
  assert.equal(expiredChecks, 0);
});
