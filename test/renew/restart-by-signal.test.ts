import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { CycleStep } from '../../src/domain/model/plan.ts';
import { restartOf } from '../../src/domain/plan/plan-parts.ts';
import { componentProcesses } from '../../src/renew/components/component-processes.ts';
import { restartStaticPod } from '../../src/renew/components/restart-static-pod.ts';
import { endBySignal } from '../../src/renew/components/signal.ts';
import { type Stage, stage } from './support.ts';

/** Enough certificates for a plan that restarts everything. */
const names = ['apiserver'];

function stepFor({ plan }: Stage, component: string): CycleStep {
  const restart = plan.steps.flatMap((step) => restartOf(step) ?? []).find((one) => one.component === component);
  return { kind: 'cycle', ...restart! };
}

const contextOf = ({ root, plan, context }: Stage) => ({
  root,
  plan,
  now: context.now,
  backups: 5,
  pollInterval: 50,
  waiting: () => {},
});
const manifestOf = ({ root }: Stage, step: CycleStep) => readFileSync(root.at(step.manifest), 'utf8');
const kubeletLog = ({ root }: Stage) => readFileSync(root.at('/run/demo/kubelet.log'), 'utf8');

describe('a static pod is restarted by a signal', { concurrency: 2 }, () => {
  it('its process ends, the kubelet restarts the container, the manifest stays as it is; the next time it is annotated', async (t) => {
    const on = await stage(t, { names });
    const step = stepFor(on, 'kube-scheduler');
    const [manifest, before] = [manifestOf(on, step), await componentProcesses(on.root, step)];
    assert.match(await restartStaticPod(step, contextOf(on)), /^back after/);
    const after = await componentProcesses(on.root, step);
    assert.equal(after.length, 1);
    assert.notEqual(after[0]?.pid, before[0]?.pid);
    assert.equal(after[0]?.cgroup.split('/')[3], before[0]?.cgroup.split('/')[3], 'the same pod');
    assert.equal(manifestOf(on, step), manifest);
    // The kubelet would hold the next start of this container back for 10 s.
    await restartStaticPod(step, contextOf(on));
    assert.notEqual(manifestOf(on, step), manifest);
    assert.notEqual((await componentProcesses(on.root, step))[0]?.cgroup.split('/')[3], after[0]?.cgroup.split('/')[3]);
  });

  it('a kube-apiserver that drains is killed after its grace', async (t) => {
    const on = await stage(t, { names, speed: 0.05, version: 'v1.26.15' });
    const step = { ...stepFor(on, 'kube-apiserver'), killAfter: 200 };
    const [before] = await componentProcesses(on.root, step);
    const started = performance.now();
    await restartStaticPod(step, contextOf(on));
    assert.ok(performance.now() - started > 200);
    assert.notEqual((await componentProcesses(on.root, step))[0]?.pid, before?.pid);
    assert.doesNotMatch(kubeletLog(on), /Killing pod file=kube-apiserver/, 'the kubelet ended nothing');
  });

  it('only the process that was found is signalled: not one that looks otherwise by now', async (t) => {
    const on = await stage(t, { names });
    const step = stepFor(on, 'kube-scheduler');
    const [process] = await componentProcesses(on.root, step);
    for (const other of [{ startedAt: process!.startedAt - 1 }, { cgroup: '0::/user.slice' }, { argv: ['sleep'] }])
      assert.equal(await endBySignal(step, [{ ...process!, ...other }], contextOf(on)), false);
    assert.deepEqual(await componentProcesses(on.root, step), [process]);
  });

  it('without a process nothing is signalled, and the manifest is annotated', async (t) => {
    const on = await stage(t, { names });
    const step = stepFor(on, 'kube-scheduler');
    assert.equal(await endBySignal(step, [], contextOf(on)), false);
  });
});
