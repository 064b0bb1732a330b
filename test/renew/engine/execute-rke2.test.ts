// RKE2: its start replaces static pods one after the other, which takes minutes; certagent waits, says for what, and can be
// stopped meanwhile.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { Step } from '../../../src/domain/model/plan.ts';
import { DAY, MINUTE } from '../../../src/domain/time/duration.ts';
import { unitState } from '../../../src/host/systemd.ts';
import { execute } from '../../../src/renew/engine/execute.ts';
import { recover } from '../../../src/renew/engine/recover.ts';
import { podsToReplace } from '../../../src/renew/units/unit-pods.ts';
import { endsOf, type Stage, stage } from '../support.ts';

const of = <Kind extends Step['kind']>({ plan }: Pick<Stage, 'plan'>, kind: Kind) =>
  plan.steps.find((step): step is Extract<Step, { kind: Kind }> => step.kind === kind)!;

const onRke2 = (t: TestContext, options: Parameters<typeof stage>[1] = {}) =>
  stage(t, { kind: 'rke2-server', speed: 0.05, ...options });

describe('execute on an RKE2 server', { concurrency: 2 }, () => {
  it('has time for half an hour, and sees that controller-manager and scheduler are new', async (t) => {
    const on = await onRke2(t);
    for (const kind of ['restart-unit', 'await-ready', 'await-pods'] as const)
      assert.equal(of(on, kind).limit, 35 * MINUTE);
    const { pods } = of(on, 'await-pods');
    assert.deepEqual(
      pods.map(({ component, loads }) => [component, loads]),
      [
        ['kube-controller-manager', ['/var/lib/rancher/rke2/server/tls/client-controller.crt']],
        ['kube-scheduler', ['/var/lib/rancher/rke2/server/tls/client-scheduler.crt']],
      ],
    );
    assert.equal(await podsToReplace(on.root, pods), null, 'nothing was written since they started');
    const outcome = await execute(on.plan, 'schedule', on.context);
    assert.deepEqual([outcome.result, outcome.error, outcome.reported], ['succeeded', null, undefined]);
    assert.equal(await podsToReplace(on.root, pods), null);
    for (const [id, end] of Object.entries(await endsOf(on.root, on.plan))) assert.ok(end > Date.now() + 300 * DAY, id);
    const words = on.told.filter(({ state }) => state === 'waiting').map(({ detail }) => detail);
    assert.ok(
      words.some((text) => /^for new processes of kube-/.test(text)),
      words.join('\n'),
    );
  });

  it('reports a pod that is not replaced, and rolls nothing back', async (t) => {
    const on = await onRke2(t);
    const steps = on.plan.steps.map((step) => (step.kind === 'await-pods' ? { ...step, limit: 1_000 } : step));
    await on.faults({ neverComesBack: ['kube-scheduler'] });
    const outcome = await execute({ ...on.plan, steps }, 'schedule', on.context);
    assert.equal(outcome.result, 'succeeded');
    assert.deepEqual(
      outcome.reported?.map(({ code, message }) => [code, message]),
      [['POD_NOT_REPLACED', 'waited 1 s in vain for new processes of kube-scheduler (1 of 2 run)']],
    );
  });

  for (const kind of ['restart-unit', 'await-ready', 'await-pods'] as const)
    it(`SIGTERM in ${kind} ends the wait at once; the next start goes on waiting and restarts nothing`, async (t) => {
      const on = await onRke2(t, { speed: 0.3 });
      const stop = new AbortController();
      const at = on.plan.steps.findIndex((step) => step.kind === kind);
      const running = execute(on.plan, 'schedule', {
        ...on.context,
        signal: stop.signal,
        progress: (each) => {
          on.told.push(each);
          // In the middle of the start, not before it.
          if (each.step === at && each.state !== 'done' && kind !== 'restart-unit') stop.abort();
        },
      });
      const unit = 'rke2-server';
      if (kind === 'restart-unit') {
        const { mainPid } = await unitState(on.root, unit);
        const isStarting = async () => {
          const now = await unitState(on.root, unit);
          return now.activeState === 'activating' && now.mainPid !== mainPid;
        };
        while (!(await isStarting())) await new Promise((resolve) => setTimeout(resolve, 20));
        stop.abort();
      }
      await assert.rejects(running, { code: 'INTERRUPTED' });
      const { mainPid } = await unitState(on.root, unit);
      assert.deepEqual(
        on.told.filter(({ state }) => ['undoing', 'undone', 'failed'].includes(state)),
        [],
      );
      const outcome = await recover(on.context);
      assert.deepEqual([outcome?.result, outcome?.error], ['succeeded', null]);
      assert.equal((await unitState(on.root, unit)).mainPid, mainPid, 'the same start');
      const { pods } = of(on, 'await-pods');
      assert.equal(await podsToReplace(on.root, pods), null);
    });
});
