import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Step } from '../../../src/domain/model/plan.ts';
import { DAY } from '../../../src/domain/time/duration.ts';
import { execute } from '../../../src/renew/engine/execute.ts';
import { readLeaf } from '../../../src/renew/verify/leaf.ts';
import { served } from '../../testnode/support.ts';
import { assertJournalled, endsOf, snapshot, stage } from '../support.ts';

const TLS = '/var/lib/rancher/k3s/server/tls';
const CAS = /\/(client|server|request-header|peer)-ca\.(crt|key)$/;

describe('execute on a K3s node', { concurrency: 2 }, () => {
  it('restarts the unit, waits for the listener and verifies every leaf', async (t) => {
    const { plan, context, root, journal, told } = await stage(t, { kind: 'k3s-server', speed: 0.05 });
    const outcome = await execute(plan, 'schedule', context);
    assert.equal(outcome.error, null);
    assert.equal(outcome.result, 'succeeded');
    const ends = await endsOf(root, plan);
    assert.ok('dynamic-cert' in ends && 'client-admin' in ends);
    for (const [id, end] of Object.entries(ends)) assert.ok(end > Date.now() + 300 * DAY, id);
    assert.ok(outcome.granted.some(({ id }) => id === 'dynamic-cert'));
    assertJournalled(await journal.records());
    assert.ok(told.some(({ detail }) => /^ready after /.test(detail)));
  });

  for (const kind of ['k3s-server', 'rke2-server'] as const)
    it(`an etcd-only ${kind}: its supervisor says that it is ready, and everything is renewed`, async (t) => {
      const disabled = ['apiserver', 'controller-manager', 'scheduler'] as const;
      const { node, plan, context, root } = await stage(t, { kind, speed: 0.05, disabled: [...disabled] });
      const ready = plan.steps.find((step) => step.kind === 'await-ready');
      const port = kind === 'k3s-server' ? node.ports.api : node.ports.supervisor;
      assert.deepEqual([ready?.health?.path, ready?.health?.port, ready?.kubeconfig], ['/ping', port, null]);
      const outcome = await execute(plan, 'schedule', context);
      assert.deepEqual([outcome.result, outcome.error], ['succeeded', null]);
      for (const [id, end] of Object.entries(await endsOf(root, plan))) assert.ok(end > Date.now() + 300 * DAY, id);
    });

  it('RKE2: connects to the supervisor until its certificate is new, and sees both servers serve theirs', async (t) => {
    const { node, plan, context, root } = await stage(t, { kind: 'rke2-server', speed: 0.05 });
    const of = <Kind extends Step['kind']>(kind: Kind) =>
      plan.steps.find((step): step is Extract<Step, { kind: Kind }> => step.kind === kind)!;
    assert.equal(of('await-ready').health?.port, node.ports.api);
    assert.equal(of('await-listener').endpoint.port, node.ports.supervisor);
    const outcome = await execute(plan, 'schedule', context);
    assert.equal(outcome.error, null);
    assert.equal(outcome.result, 'succeeded');
    assert.ok(outcome.granted.some(({ id }) => id === 'dynamic-cert'));
    const files = { api: 'serving-kube-apiserver.crt', supervisor: 'dynamic-cert.json' };
    for (const [port, file] of Object.entries(files)) {
      const onDisk = await readLeaf(root, `/var/lib/rancher/rke2/server/tls/${file}`);
      const { fingerprint256, validToDate } = await served(node.ports[port]!);
      assert.equal(fingerprint256.replaceAll(':', ''), onDisk.certificate.fingerprint.toUpperCase(), port);
      assert.ok(validToDate.getTime() > Date.now() + 300 * DAY, port);
    }
  });

  it('RKE2: connects to the supervisor while it waits for the API, which is another port', async (t) => {
    const { plan, context } = await stage(t, { kind: 'rke2-server', speed: 0.2, limits: { listener: 6_000 } });
    // At an interval so long that the listener's one chance, 6 s after it listens, has passed after two questions to the API.
    const outcome = await execute(plan, 'schedule', { ...context, pollInterval: 4_000 });
    assert.equal(outcome.error, null);
    assert.equal(outcome.result, 'succeeded');
  });

  it('restarts an agent', async (t) => {
    const { plan, context, root } = await stage(t, { kind: 'k3s-agent' });
    assert.equal((await execute(plan, 'schedule', context)).error, null);
    for (const [id, end] of Object.entries(await endsOf(root, plan))) assert.ok(end > Date.now() + 300 * DAY, id);
  });

  it('puts everything back when the restart makes a new CA', async (t) => {
    const { plan, context, root, faults } = await stage(t, { kind: 'k3s-server', speed: 0.05 });
    const before = await snapshot(root, [TLS]);
    await faults({ k3s: 'new-ca-on-restart' });
    const progress = context.progress;
    context.progress = (each) => {
      progress(each);
      // The second restart does not do so.
      if (each.state === 'failed') void faults({ k3s: 'none' });
    };
    const outcome = await execute(plan, 'schedule', context);
    assert.equal(outcome.error?.code, 'CA_CHANGED');
    assert.equal(outcome.result, 'rolled-back');
    assertSameCas(before, await snapshot(root, [TLS]));
  });

  it('restores the previous CA on disk even when every restart makes a new one, and reports it', async (t) => {
    const { plan, context, root, faults } = await stage(t, {
      kind: 'k3s-server',
      speed: 0.05,
      leafEnds: Date.now() - DAY,
    });
    const before = await snapshot(root, [TLS]);
    await faults({ k3s: 'new-ca-on-restart' });
    const outcome = await execute(plan, 'schedule', context);
    assert.equal(outcome.error?.code, 'CA_CHANGED');
    assert.match(outcome.error?.message ?? '', /client-ca\.crt.*; afterwards: k3s made new CAs once more/);
    assertSameCas(before, await snapshot(root, [TLS]));
  });

  it('leaves a unit that starts too slowly alone, with its new certificates', async (t) => {
    const { plan, context, root, told, faults } = await stage(t, {
      kind: 'k3s-server',
      speed: 0.05,
      limits: { restart: 3_000 },
    });
    const before = await snapshot(root, [TLS]);
    await faults({ k3s: 'never-ready' });
    const outcome = await execute(plan, 'schedule', context);
    assert.match(outcome.error?.code ?? '', /UNIT_/);
    assert.deepEqual([outcome.result, outcome.keptNew], ['failed', true]);
    assert.ok(told.every(({ state }) => state !== 'undoing'));
    assertSameCas(before, await snapshot(root, [TLS]));
  });

  it('does not believe a start that succeeds and fails a moment later', async (t) => {
    const { plan, context, faults } = await stage(t, {
      kind: 'k3s-server',
      limits: { restart: 3_000, settle: 1_500 },
    });
    await faults({ k3s: 'dies-after-start' });
    const outcome = await execute(plan, 'schedule', context);
    assert.equal(outcome.error?.code, 'UNIT_NOT_READY');
    assert.match(
      outcome.error?.message ?? '',
      /^k3s was not ready within 3 s \(waited for k3s to be active, it is failed\)/,
    );
    assert.notEqual(outcome.result, 'succeeded');
  });

  it('keeps the new ones when only the listener stays old: another restart would renew them again', async (t) => {
    const { plan, context, faults } = await stage(t, { kind: 'k3s-server', speed: 0.05, limits: { listener: 3_000 } });
    await faults({ k3s: 'listener-stays-old' });
    const outcome = await execute(plan, 'schedule', context);
    assert.equal(outcome.error?.code, 'LISTENER_STAYS_OLD');
    assert.equal(outcome.result, 'failed');
    assert.equal(outcome.keptNew, true);
    assert.ok(outcome.granted.some(({ id }) => id === 'client-admin'));
    assert.ok(!outcome.granted.some(({ id }) => id === 'dynamic-cert'));
  });

  it('reports a restart that renewed nothing as a failure', async (t) => {
    const { plan, context, root, faults } = await stage(t, { kind: 'rke2-server', limits: { listener: 3_000 } });
    const ends = await endsOf(root, plan);
    await faults({ k3s: 'does-not-renew' });
    const steps = plan.steps.filter(({ kind }) => kind !== 'await-listener');
    const outcome = await execute({ ...plan, steps }, 'schedule', context);
    assert.equal(outcome.error?.code, 'NOT_RENEWED');
    assert.equal(outcome.result, 'failed');
    // The agent part fetches its own certificates at every start.
    const old = (all: Record<string, number>) => Object.entries(all).filter(([id]) => !/^(agent\/|dynamic)/.test(id));
    assert.deepEqual(old(await endsOf(root, plan)), old(ends));
  });
});

function assertSameCas(before: Map<string, string>, after: Map<string, string>): void {
  const cas = [...before].filter(([path]) => CAS.test(path));
  assert.ok(cas.length >= 10);
  for (const [path, content] of cas) assert.equal(after.get(path), content, path);
}
