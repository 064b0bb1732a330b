import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import type { RenewalPlan, Step } from '../../../src/domain/model/plan.ts';
import { DAY } from '../../../src/domain/time/duration.ts';
import { execute } from '../../../src/renew/engine/execute.ts';
import { recover } from '../../../src/renew/engine/recover.ts';
import { issueAuthority } from '../../../testnode/pki.ts';
import { killedAt } from '../killed-agent.ts';
import { KUBEADM_FILES, pids, type Stage, snapshot, stage } from '../support.ts';

/** One that is served, and the two that are file mounts. */
const names = ['apiserver', 'controller-manager.conf', 'etcd-peer', 'scheduler.conf'];

const indexOf = (plan: RenewalPlan, wanted: (step: Step) => boolean): number => plan.steps.findIndex(wanted);

// Killed with -9, on whole nodes: what needs none is in recover-fake.test.ts.
describe('recover', { concurrency: 2 }, () => {
  it('undoes a plan that was killed among the renewals, even when it is killed once more', async (t) => {
    const on = await stage(t, { names });
    const before = await snapshot(on.root, KUBEADM_FILES);
    const third = indexOf(on.plan, (step) => step.kind === 'kubeadm-renew' && step.name === 'etcd-peer');
    await killedAt(on, on.plan, third, 'done');
    assert.notDeepEqual(await snapshot(on.root, KUBEADM_FILES), before);
    // As a kill in the middle of an atomic write leaves it.
    await writeFile(on.root.at('/etc/kubernetes/.certagent-0123456789ab.tmp'), 'half', { mode: 0o600 });
    const second = third - 1;
    await killedAt(on, null, second, 'undone');
    const outcome = await recover(on.context);
    assert.equal(outcome?.result, 'rolled-back');
    assert.equal(outcome?.error?.code, 'INTERRUPTED');
    assert.deepEqual(await snapshot(on.root, KUBEADM_FILES), before);
    assert.equal(await recover(on.context), null);
  });

  it('puts a manifest back that was out when the agent was killed', async (t) => {
    const on = await stage(t, { names, cycle: 'move' });
    const manifests = await snapshot(on.root, ['/etc/kubernetes/manifests']);
    const scheduler = indexOf(on.plan, (step) => step.kind === 'cycle' && step.component === 'kube-scheduler');
    await killedAt(on, on.plan, scheduler, 'waiting');
    assert.equal((await recover(on.context))?.result, 'succeeded');
    assert.deepEqual(await snapshot(on.root, ['/etc/kubernetes/manifests']), manifests);
    assert.equal((await pids(on.root, on.plan))['kube-scheduler']?.length, 1);
  });

  it('finishes a K3s restart', async (t) => {
    const on = await stage(t, { kind: 'k3s-server' });
    await killedAt(
      on,
      on.plan,
      indexOf(on.plan, ({ kind }) => kind === 'restart-unit'),
      'started',
    );
    const outcome = await recover(on.context);
    assert.equal(outcome?.error, null);
    assert.equal(outcome?.result, 'succeeded');
  });

  it('leaves a new CA that a K3s restart has loaded, and reports it', async (t) => {
    const on = await stage(t, { kind: 'k3s-server' });
    const ca = '/var/lib/rancher/k3s/server/tls/client-ca.crt';
    const before = (await snapshot(on.root, ['/var/lib/rancher/k3s/server/tls'])).get(ca);
    await on.faults({ k3s: 'new-ca-on-restart' });
    await killedAt(
      on,
      on.plan,
      indexOf(on.plan, ({ kind }) => kind === 'restart-unit'),
      'failed',
    );
    const loaded = (await snapshot(on.root, ['/var/lib/rancher/k3s/server/tls'])).get(ca);
    assert.notEqual(loaded, before);
    const outcome = await recover(on.context);
    assert.deepEqual([outcome?.result, outcome?.keptNew, outcome?.error?.code], ['failed', true, 'CA_CHANGED']);
    assert.equal((await snapshot(on.root, ['/var/lib/rancher/k3s/server/tls'])).get(ca), loaded);
  });
});

describe('what somebody has changed since is not undone', { concurrency: 2 }, () => {
  it('a CA of K3s that was rotated', async (t) => {
    const on = await stage(t, { kind: 'k3s-server' });
    await stopAfter(
      on,
      indexOf(on.plan, ({ kind }) => kind === 'restart-unit'),
    );
    const ca = '/var/lib/rancher/k3s/server/tls/client-ca';
    const rotated = await issueAuthority({
      commonName: 'rotated',
      notBefore: Date.now() - DAY,
      notAfter: Date.now() + DAY,
    });
    await writeFile(on.root.at(`${ca}.crt`), rotated.certificatePem);
    await writeFile(on.root.at(`${ca}.key`), rotated.keyPem);
    const outcome = await recover(on.context);
    assert.equal(outcome?.result, 'failed');
    assert.equal(outcome?.error?.code, 'CHANGED_SINCE');
    assert.match(outcome?.error?.message ?? '', /client-ca\.crt, .*client-ca\.key since: nothing was put back/);
    assert.equal(await readFile(on.root.at(`${ca}.crt`), 'utf8'), rotated.certificatePem);
    assert.equal(await recover(on.context), null);
  });
});

/** Runs the plan, and stops as SIGTERM does: when this step is done. */
async function stopAfter(on: Stage, step: number): Promise<void> {
  const stop = new AbortController();
  const progress = (each: { step: number; state: string }) => {
    if (each.step === step && each.state === 'started') stop.abort();
  };
  const stopped = { ...on.context, signal: stop.signal, progress };
  await assert.rejects(execute(on.plan, 'manual', stopped), { code: 'INTERRUPTED' });
}
