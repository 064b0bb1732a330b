import assert from 'node:assert/strict';
import { copyFile, mkdir, readdir, readFile, readlink, rename, stat, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { DAY } from '../../../src/domain/time/duration.ts';
import { ANNOTATION } from '../../../src/renew/components/annotation.ts';
import { execute } from '../../../src/renew/engine/execute.ts';
import { probe } from '../../../testnode/probe.ts';
import { assertJournalled, endsOf, KUBEADM_FILES, pids, snapshot, stage } from '../support.ts';

/** One that is served, and the two that are file mounts. */
const names = ['apiserver', 'controller-manager.conf', 'etcd-peer', 'scheduler.conf'];

const SCHEDULER = '/etc/kubernetes/manifests/kube-scheduler.yaml';
const LINK = '../../../srv/checkout/kube-scheduler.yaml';

/** A node whose scheduler's manifest is a link into a checkout. */
async function withLink(t: TestContext, options: { cycle?: 'annotate' | 'move' } = { cycle: 'annotate' }) {
  const made = await stage(t, { names: ['scheduler.conf'], ...options });
  const target = made.root.at('/srv/checkout/kube-scheduler.yaml');
  await mkdir(dirname(target), { recursive: true });
  // The name is never absent, or the kubelet would stop the pod.
  await copyFile(made.root.at(SCHEDULER), target);
  await symlink(LINK, made.root.at('/etc/kubernetes/.link'));
  await rename(made.root.at('/etc/kubernetes/.link'), made.root.at(SCHEDULER));
  return { ...made, target };
}

describe('execute on a kubeadm node', { concurrency: 2 }, () => {
  it('renews, makes every component load it, and verifies that it is served', async (t) => {
    const { plan, context, root, node, journal, told } = await stage(t);
    const before = await pids(root, plan);
    const manifests = await snapshot(root, ['/etc/kubernetes/manifests']);
    const probed = probe(node.ports.apiserver!);
    const outcome = await execute(plan, 'manual', context);
    assert.deepEqual((await probed.end()).failed, [], 'the API was never away');
    assert.deepEqual(
      { ...outcome, granted: [] },
      {
        planId: plan.id,
        result: 'succeeded',
        keptNew: false,
        error: null,
        granted: [],
      },
    );
    assert.equal(outcome.granted.length, plan.certificates.length);
    for (const [id, end] of Object.entries(await endsOf(root, plan))) assert.ok(end > Date.now() + 300 * DAY, id);
    const after = await pids(root, plan);
    for (const name of ['etcd', 'kube-apiserver'])
      assert.deepEqual(after[name], before[name], `${name} serves it by itself`);
    for (const name of ['kube-controller-manager', 'kube-scheduler']) {
      assert.equal(after[name]?.length, 1);
      assert.notDeepEqual(after[name], before[name], name);
    }
    assert.deepEqual(await snapshot(root, ['/etc/kubernetes/manifests']), manifests);
    const records = await journal.records();
    assertJournalled(records);
    assert.equal(records.at(-1)?.type, 'plan-ended');
    assert.doesNotMatch(
      await readFile(root.at('/var/lib/certagent/journal.jsonl'), 'utf8'),
      /PRIVATE KEY|client-key-data/,
    );
    for (const [step, { kind }] of plan.steps.entries())
      assert.ok(
        told.some((each) => each.step === step && each.state === 'done'),
        kind,
      );
    assert.ok(told.some(({ detail }) => /^new certificate expires \d{4}-\d\d-\d\d$/.test(detail)));
    assert.ok(told.some(({ detail }) => /^back after \d+\.\d s$/.test(detail)));
  });

  it('renews a v1.26 node, where the kube-apiserver restarts too, by annotations', async (t) => {
    const { plan, context, root } = await stage(t, { version: 'v1.26.15', cycle: 'annotate' });
    const before = await pids(root, plan);
    const manifest = '/etc/kubernetes/manifests/kube-apiserver.yaml';
    const facts = await stat(root.at(manifest));
    const outcome = await execute(plan, 'manual', context);
    assert.equal(outcome.result, 'succeeded');
    for (const [id, end] of Object.entries(await endsOf(root, plan))) assert.ok(end > Date.now() + 300 * DAY, id);
    const after = await pids(root, plan);
    assert.deepEqual(after.etcd, before.etcd, 'etcd serves it by itself');
    for (const name of ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler']) {
      assert.equal(after[name]?.length, 1);
      assert.notDeepEqual(after[name], before[name], name);
    }
    assert.ok((await readFile(root.at(manifest), 'utf8')).includes(ANNOTATION));
    assert.equal((await stat(root.at(manifest))).mode, facts.mode);
    assert.deepEqual((await readdir(root.at('/etc/kubernetes/manifests'))).length, 4);
    assert.ok((await readdir(root.at('/etc/kubernetes'))).every((name) => !name.endsWith('.tmp')));
  });

  it('restarts by moving the manifest out and back where that is configured', async (t) => {
    const { plan, context, root, journal } = await stage(t, { names, cycle: 'move' });
    const manifests = await snapshot(root, ['/etc/kubernetes/manifests']);
    const before = await pids(root, plan);
    assert.equal((await execute(plan, 'manual', context)).result, 'succeeded');
    assert.notDeepEqual((await pids(root, plan))['kube-scheduler'], before['kube-scheduler']);
    assert.deepEqual(await snapshot(root, ['/etc/kubernetes/manifests']), manifests);
    assert.deepEqual(await readdir(root.at('/var/lib/certagent/moved')), []);
    const undos = (await journal.records()).flatMap((record) =>
      record.type === 'step-started' ? [record.undo.kind] : [],
    );
    assert.equal(undos.filter((kind) => kind === 'return-manifest').length, 4);
  });

  for (const cycle of ['annotate', 'move'] as const) {
    it(`keeps a manifest that is a link a link, with the method "${cycle}"`, async (t) => {
      const { plan, context, root, target } = await withLink(t, { cycle });
      const [before, text] = [await pids(root, plan), await readFile(target, 'utf8')];
      assert.equal((await execute(plan, 'manual', context)).result, 'succeeded');
      assert.notDeepEqual((await pids(root, plan))['kube-scheduler'], before['kube-scheduler']);
      assert.equal(await readlink(root.at(SCHEDULER)), LINK);
      const after = await readFile(target, 'utf8');
      assert.ok(cycle === 'annotate' ? after.includes(ANNOTATION) : after === text);
      assert.deepEqual(await readdir(dirname(target)), ['kube-scheduler.yaml']);
    });
  }

  it('changes nothing when what a manifest links to lies outside of the node', async (t) => {
    const { plan, context, root, target } = await withLink(t);
    const outside = join(root.prefix, '..', 'outside.yaml');
    await rename(target, outside);
    await symlink(outside, target);
    const before = await snapshot(root, KUBEADM_FILES);
    const outcome = await execute(plan, 'manual', context);
    assert.equal(outcome.error?.code, 'MANIFEST_LINK');
    assert.notEqual(outcome.result, 'succeeded');
    assert.deepEqual(await snapshot(root, KUBEADM_FILES), before);
    assert.doesNotMatch(await readFile(outside, 'utf8'), new RegExp(ANNOTATION));
  });

  it('restarts etcd when it keeps serving the previous certificate', async (t) => {
    const { plan, context, faults, root } = await stage(t, {
      names: [...names, 'etcd-server'],
      limits: { etcdPatience: 300 },
    });
    await faults({ etcdReloads: false });
    const before = await pids(root, plan);
    assert.equal((await execute(plan, 'manual', context)).result, 'succeeded');
    assert.notDeepEqual((await pids(root, plan)).etcd, before.etcd);
  });

  it('does not trust exit 0: when nothing was renewed it fails, and nothing has changed', async (t) => {
    const { plan, context, faults, root } = await stage(t, { names });
    const before = await snapshot(root, KUBEADM_FILES);
    const processes = await pids(root, plan);
    await faults({ kubeadm: 'exit0-not-renewed' });
    const outcome = await execute(plan, 'manual', context);
    assert.equal(outcome.result, 'rolled-back');
    assert.equal(outcome.error?.code, 'NOT_RENEWED');
    assert.deepEqual(outcome.granted, []);
    assert.deepEqual(await snapshot(root, KUBEADM_FILES), before);
    assert.deepEqual(await pids(root, plan), processes);
  });

  it('puts everything back when kubeadm fails half-way and tears a pair', async (t) => {
    const { plan, context, faults, root } = await stage(t, { names });
    const before = await snapshot(root, KUBEADM_FILES);
    const processes = await pids(root, plan);
    await faults({ kubeadmFailsAt: 'etcd-peer', kubeadmTears: true });
    const outcome = await execute(plan, 'manual', context);
    assert.equal(outcome.result, 'rolled-back');
    assert.equal(outcome.error?.code, 'KUBEADM_FAILED');
    assert.match(outcome.error?.message ?? '', /kubeadm certs renew etcd-peer .*exited with 1: \S+/);
    assert.deepEqual(await snapshot(root, KUBEADM_FILES), before);
    const after = await pids(root, plan);
    assert.deepEqual(after['kube-apiserver'], processes['kube-apiserver']);
    // Its kubeconfig, a file mount, was renewed and put back.
    assert.notDeepEqual(after['kube-controller-manager'], processes['kube-controller-manager']);
  });

  it('kills a kubeadm that hangs', async (t) => {
    const { plan, context, faults, root } = await stage(t, { names, limits: { kubeadm: 500 } });
    const before = await snapshot(root, KUBEADM_FILES);
    await faults({ kubeadm: 'hang' });
    const outcome = await execute(plan, 'manual', context);
    assert.equal(outcome.error?.code, 'KUBEADM_TIMEOUT');
    assert.deepEqual(await snapshot(root, KUBEADM_FILES), before);
  });

  it('rolls back when a component does not start again, and reports that it still does not', async (t) => {
    const { plan, context, faults, root } = await stage(t, { names, limits: { component: 3_000 } });
    const before = await snapshot(root, KUBEADM_FILES);
    const apiserver = (await pids(root, plan))['kube-apiserver'];
    await faults({ neverComesBack: ['kube-controller-manager'] });
    const outcome = await execute(plan, 'manual', context);
    assert.equal(outcome.result, 'rolled-back');
    assert.equal(outcome.error?.code, 'COMPONENT_NOT_BACK');
    assert.match(
      outcome.error?.message ?? '',
      /kube-controller-manager did not come back .*; afterwards: kube-controller-manager/,
    );
    assert.deepEqual(await snapshot(root, KUBEADM_FILES), before);
    assert.deepEqual((await pids(root, plan))['kube-apiserver'], apiserver, 'it loads the old files by itself');
  });

  it('puts a torn pair back even when the old certificates had expired', async (t) => {
    const { plan, context, faults, root } = await stage(t, { names, leafEnds: Date.now() - DAY });
    const before = await snapshot(root, ['/etc/kubernetes/pki/etcd']);
    await faults({ kubeadmFailsAt: 'etcd-peer', kubeadmTears: true });
    const outcome = await execute(plan, 'manual', context);
    assert.equal(outcome.keptNew, true);
    const after = await snapshot(root, ['/etc/kubernetes/pki/etcd']);
    for (const name of ['peer.crt', 'peer.key'])
      assert.equal(after.get(`/etc/kubernetes/pki/etcd/${name}`), before.get(`/etc/kubernetes/pki/etcd/${name}`));
    assert.ok(outcome.granted.some(({ id }) => id === 'apiserver'));
  });
});
