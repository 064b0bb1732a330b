import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import type { Step } from '../../../src/domain/model/plan.ts';
import { backupOf } from '../../../src/domain/plan/plan-parts.ts';
import { DAY } from '../../../src/domain/time/duration.ts';
import { readLeaf } from '../../../src/host/leaf.ts';
import type { Root } from '../../../src/host/root.ts';
import { isSignedBy } from '../../../src/host/x509.ts';
import { readManifest } from '../../../src/renew/backup/backup-manifest.ts';
import { restore } from '../../../src/renew/backup/put-back-files.ts';
import { execute } from '../../../src/renew/engine/execute.ts';
import { rotateCas } from '../../support/rotate-cas.ts';
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

  for (const [name, leafEnds] of [
    ['valid', Date.now() + 20 * DAY],
    ['expired', Date.now() - DAY],
  ] as const) {
    it(`reports a new CA that the previous one has not signed, and leaves all as it is (${name})`, async (t) => {
      const { plan, context, root, told, faults } = await stage(t, { kind: 'k3s-server', speed: 0.05, leafEnds });
      const before = await snapshot(root, [TLS]);
      await faults({ k3s: 'new-ca-on-restart' });
      const outcome = await execute(plan, 'schedule', context);
      assert.equal(outcome.error?.code, 'CA_CHANGED');
      assert.match(outcome.error?.message ?? '', /a new CA that the previous one has not signed: \S+\/client-ca\.crt/);
      assert.deepEqual([outcome.result, outcome.keptNew], ['failed', true]);
      assert.ok(told.every(({ state }) => state !== 'undoing'));
      const after = await snapshot(root, [TLS]);
      assert.notEqual(after.get(`${TLS}/client-ca.crt`), before.get(`${TLS}/client-ca.crt`));
      await assertSignedByDisk(root, ['client-admin', 'client-controller']);
    });
  }

  it('accepts the CAs of a rotation that was stored before, and verifies the leaves that they have signed', async (t) => {
    const { node, plan, context, root, told } = await stage(t, { kind: 'k3s-server', speed: 0.05 });
    const before = await snapshot(root, [TLS]);
    await rotateCas(node);
    assertSameCas(before, await snapshot(root, [TLS]));
    const outcome = await execute(plan, 'schedule', context);
    assert.equal(outcome.error, null);
    assert.equal(outcome.result, 'succeeded');
    assert.ok(told.some(({ detail }) => /new CAs that the previous ones have signed: \S+client-ca\.crt/.test(detail)));
    const after = await snapshot(root, [TLS]);
    for (const [path, content] of before) if (CAS.test(path)) assert.notEqual(after.get(path), content, path);
    await assertSignedByDisk(root, ['client-admin', 'serving-kube-apiserver']);
  });

  it('leaves the new CAs when the renewal fails for another reason', async (t) => {
    const { node, plan, context, root, faults } = await stage(t, {
      kind: 'k3s-server',
      speed: 0.05,
      limits: { restart: 15_000 },
    });
    const before = await snapshot(root, [TLS]);
    await rotateCas(node);
    await faults({ k3s: 'never-ready' });
    const outcome = await execute(plan, 'schedule', context);
    assert.deepEqual([outcome.result, outcome.keptNew], ['failed', true]);
    const after = await snapshot(root, [TLS]);
    for (const [path, content] of before) if (CAS.test(path)) assert.notEqual(after.get(path), content, path);
  });

  it('copies no CA key into the backup, and puts no CA back', async (t) => {
    const { plan, context, root, faults } = await stage(t, {
      kind: 'k3s-server',
      speed: 0.05,
      limits: { restart: 15_000 },
    });
    await faults({ k3s: 'dies-after-start' });
    await execute(plan, 'schedule', context);
    const backup = backupOf(plan)!;
    const { files, keys = [] } = await readManifest(root.at(backup));
    assert.ok(files.some(({ path }) => path.endsWith('/client-ca.crt')));
    assert.ok(files.every(({ path }) => !path.endsWith('-ca.key')));
    assert.equal(keys.filter(({ path }) => path.endsWith('-ca.key')).length, 5);
    await writeFile(root.at(`${TLS}/client-ca.crt`), 'another');
    assert.ok((await restore(root, backup, null)).every((path) => !CAS.test(path)));
    assert.equal(await readFile(root.at(`${TLS}/client-ca.crt`), 'utf8'), 'another');
  });

  it('leaves a unit that starts too slowly alone, with its new certificates', async (t) => {
    const { plan, context, root, told, faults } = await stage(t, {
      kind: 'k3s-server',
      speed: 0.05,
      limits: { restart: 15_000 },
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
      limits: { restart: 15_000, settle: 1_500 },
    });
    await faults({ k3s: 'dies-after-start' });
    const outcome = await execute(plan, 'schedule', context);
    assert.equal(outcome.error?.code, 'UNIT_NOT_READY');
    assert.match(
      outcome.error?.message ?? '',
      /^k3s was not ready within 15 s \(waited for k3s to be active, it is failed\)/,
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

async function assertSignedByDisk(root: Root, names: string[]): Promise<void> {
  for (const name of names) {
    const ca = await readLeaf(root, `${TLS}/${name.startsWith('client') ? 'client' : 'server'}-ca.crt`);
    assert.ok(isSignedBy((await readLeaf(root, `${TLS}/${name}.crt`)).pem, ca.pem), name);
  }
}

function assertSameCas(before: Map<string, string>, after: Map<string, string>): void {
  const cas = [...before].filter(([path]) => CAS.test(path));
  assert.ok(cas.length >= 10);
  for (const [path, content] of cas) assert.equal(after.get(path), content, path);
}
