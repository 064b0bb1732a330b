import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Attempt } from '../../../src/domain/model/decision.ts';
import { DAY, HOUR, MINUTE } from '../../../src/domain/time/duration.ts';
import { inMaintenance } from '../../../src/domain/time/windows.ts';
import {
  inventoryOf,
  NOW,
  type NodeKind,
  policyOf,
  withCertificate,
  withPreconditions,
} from '../../support/inventory.ts';
import { BY_HAND, own, run } from './decide-parts.ts';

const BY_FORCE = { kind: 'manual', force: true } as const;
const TONIGHT = Date.UTC(2026, 2, 4, 2, 33, 45);

const ending = (kind: NodeKind, id: string, days: number) =>
  withCertificate(inventoryOf(kind), id, { certificate: { notAfter: NOW + days * DAY } });

test('nothing is due: the node is left alone until the first window opens', () => {
  const { renewal } = run(inventoryOf('kubeadm', { days: 100 }));
  assert.equal(renewal.kind, 'none');
  const nextAt = renewal.kind === 'none' ? renewal.nextAt! : 0;
  assert.ok(nextAt >= NOW + 10 * DAY && inMaintenance(policyOf().maintenance, nextAt));
  assert.deepEqual(run(inventoryOf('kubeadm-worker')).renewal, { kind: 'none', nextAt: null });
  const observing = run(inventoryOf('kubeadm'), { policy: policyOf({ mode: 'observe' }) });
  assert.deepEqual(observing.renewal, { kind: 'none', nextAt: null });
});

test('one certificate is due: all that kubeadm renews are renewed with it, in the maintenance window', () => {
  const inventory = ending('kubeadm', 'apiserver', 60);
  const { renewal, certificates } = run(inventory);
  assert.deepEqual(renewal, {
    kind: 'waiting',
    until: TONIGHT,
    code: 'MAINTENANCE_WINDOW',
    ids: own(inventory),
    why: 'apiserver expires in 60 d; renewed in the maintenance window',
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

test('why names what expires first', () => {
  const several = withCertificate(ending('kubeadm', 'apiserver', 20), 'etcd-peer', {
    certificate: { notAfter: NOW + 10 * DAY },
  });
  const { renewal } = run(several);
  assert.equal(
    renewal.kind === 'now' && renewal.why,
    'etcd-peer expires in 10 d; 11 certificates are renewed together',
  );
  const alone = { ...inventoryOf('kubeadm', { days: -1 }) };
  const one = { ...alone, certificates: alone.certificates.filter(({ id }) => id === 'apiserver' || id === 'ca') };
  const single = run(one).renewal;
  assert.equal(single.kind === 'now' && single.why, 'apiserver expired 1 d ago');
});

test('the earliest moment counts when several wait', () => {
  const inventory = ending('kubeadm', 'apiserver', 60);
  const urgentSoon = withCertificate(inventory, 'etcd-peer', { certificate: { notAfter: NOW + 30 * DAY + HOUR } });
  const { renewal } = run(urgentSoon);
  assert.equal(renewal.kind === 'waiting' && renewal.until, NOW + HOUR);
  assert.match(renewal.kind === 'waiting' ? renewal.why : '', /^etcd-peer /);
});

test('what an external CA signs is not renewed with the others and does not delay them', () => {
  const { renewal } = run(inventoryOf('kubeadm-external-ca', { days: 20 }));
  assert.deepEqual(renewal.kind === 'now' && renewal.ids, [
    'apiserver-etcd-client',
    'etcd-healthcheck-client',
    'etcd-peer',
    'etcd-server',
    'front-proxy-client',
  ]);
});

test('no time is promised while a blocker is known, whether the moment has come or not', () => {
  const noKubeadm = withPreconditions(ending('kubeadm', 'apiserver', 60), { tool: null });
  for (const decisions of [run(noKubeadm), run(noKubeadm, { now: TONIGHT }), run(noKubeadm, { request: BY_HAND })]) {
    const { renewal } = decisions;
    assert.deepEqual(renewal.kind === 'blocked' && renewal.blockers.map(({ code }) => code), ['KUBEADM_MISSING']);
    assert.equal(decisions.certificates.find(({ id }) => id === 'etcd-peer')!.verdict.kind, 'keep');
  }
});

test('observe mode: says what it would renew and when, and is not an obstacle', () => {
  const policy = policyOf({ mode: 'observe' });
  for (const [days, until] of [
    [60, TONIGHT],
    [20, NOW],
    [-1, NOW],
  ] as const) {
    const inventory = ending('kubeadm', 'apiserver', days);
    const { renewal } = run(inventory, { policy });
    assert.deepEqual({ ...renewal, why: '' }, { kind: 'observing', until, ids: own(inventory), why: '', blockers: [] });
  }
});

test('observe mode: what would prevent the renewal is named, and then no time', () => {
  const policy = policyOf({ mode: 'observe' });
  for (const days of [60, 20]) {
    const noKubeadm = withPreconditions(ending('kubeadm', 'apiserver', days), { tool: null });
    const { renewal } = run(noKubeadm, { policy });
    assert.ok(renewal.kind === 'observing');
    assert.equal(renewal.until, null);
    assert.deepEqual(
      renewal.blockers.map(({ code }) => code),
      ['KUBEADM_MISSING'],
    );
  }
});

test('observe mode: a request for a renewal is refused', () => {
  const policy = policyOf({ mode: 'observe' });
  for (const days of [60, 20, -1])
    for (const request of [BY_HAND, BY_FORCE]) {
      const { renewal } = run(ending('kubeadm', 'apiserver', days), { policy, request });
      assert.deepEqual(renewal.kind === 'blocked' && renewal.blockers.map(({ code }) => code), ['OBSERVE_MODE']);
    }
});

test('force renews what is not due, by a rotation where a restart of K3s would not', () => {
  assert.equal(run(inventoryOf('kubeadm'), { request: BY_FORCE }).renewal.kind, 'now');
  assert.equal(run(inventoryOf('kubeadm'), { request: BY_HAND }).renewal.kind, 'none');
  assert.equal(run(inventoryOf('kubeadm', { caDays: -1 }), { request: BY_FORCE }).renewal.kind, 'none');
  const fresh = inventoryOf('k3s-server');
  const withoutAgent = { ...fresh, certificates: fresh.certificates.filter(({ id }) => !id.startsWith('agent/')) };
  const { renewal } = run(withoutAgent, { request: BY_FORCE });
  assert.equal(renewal.kind === 'now' && renewal.rotates, true);
  assert.ok(renewal.kind === 'now' && renewal.ids.includes('k3s.yaml') && !renewal.ids.includes('dynamic-cert'));
  assert.equal(run(withoutAgent, { request: BY_HAND }).renewal.kind, 'none');
  const between = run(inventoryOf('k3s-server', { days: 125 }), {
    request: BY_FORCE,
    policy: policyOf({ opens: 130 * DAY }),
  }).renewal;
  assert.equal(between.kind === 'now' && between.rotates, true);
  for (const version of [null, 'v1.22.3+k3s1']) {
    const old = { ...withoutAgent, node: { ...withoutAgent.node, version } };
    const refused = run(old, { request: BY_FORCE }).renewal;
    assert.deepEqual(refused.kind === 'blocked' && refused.blockers, [
      {
        code: 'K3S_OUTSIDE_WINDOW',
        why: 'a restart of K3s would renew nothing yet: the first certificate expires on 2026-09-19',
        remedy: 'Wait, or stop K3s and run `k3s certificate rotate` by hand.',
      },
    ]);
  }
  const empty = { ...fresh, certificates: [] };
  assert.deepEqual(run(empty, { request: BY_FORCE }).renewal, { kind: 'none', nextAt: null });
  const agent = run(inventoryOf('k3s-agent'), { request: BY_FORCE }).renewal;
  assert.deepEqual(agent.kind === 'now' && [agent.ids, agent.rotates], [
    ['agent/client-kube-proxy', 'agent/client-kubelet', 'agent/serving-kubelet'],
    undefined,
  ]);
});

test('K3s: only what a restart renews is renewed with it', () => {
  const inventory = ending('k3s-server', 'client-admin', 20);
  const { renewal } = run(inventory);
  assert.deepEqual(renewal.kind === 'now' && renewal.ids, [
    'client-admin',
    'agent/client-kube-proxy',
    'agent/client-kubelet',
    'agent/serving-kubelet',
  ]);
  const old = { ...inventory, node: { ...inventory.node, version: 'v1.28.15+k3s1' } };
  const before = run(old).renewal;
  assert.ok(before.kind === 'now' && !before.ids.includes('agent/client-kube-proxy'), 'a copy of the server’s own');
  const all = run(inventoryOf('k3s-server', { days: 119 }), { request: BY_FORCE }).renewal;
  assert.equal(all.kind === 'now' && all.ids.length, 15);
});

test("K3s: opens above the version's window waits for that window", () => {
  const policy = policyOf({ opens: 150 * DAY });
  const { renewal } = run(inventoryOf('k3s-server', { days: 130 }), { policy });
  assert.equal(renewal.kind, 'waiting');
  const until = renewal.kind === 'waiting' ? renewal.until! : 0;
  assert.ok(until >= NOW + 10 * DAY && until < NOW + 11 * DAY);
  assert.match(renewal.kind === 'waiting' ? renewal.why : '', /renews only what expires within 120 d/);
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
  assert.equal(renewal.kind === 'waiting' && renewal.until, NOW + 30 * MINUTE);
});
