// What a person asks for by force, of a K3s server: stop, `certificate rotate`, start; whole, failed, and cut short anywhere.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { expectationsOf } from '../../../src/domain/plan/plan-parts.ts';
import { DAY } from '../../../src/domain/time/duration.ts';
import { unitState } from '../../../src/host/systemd.ts';
import { execute } from '../../../src/renew/engine/execute.ts';
import { recover } from '../../../src/renew/engine/recover.ts';
import { areSound } from '../../../src/renew/verify/check-renewed.ts';
import { killedAt } from '../killed-agent.ts';
import { endsOf, type Stage, snapshot, stage } from '../support.ts';

const SERVER = '/var/lib/rancher/k3s/server';
const TLS = `${SERVER}/tls`;
const TRIGGER = `${TLS}/dynamic-cert-regenerate`;
const FRESH = { kind: 'k3s-server', speed: 0.05, leafEnds: Date.now() + 300 * DAY, force: true } as const;

/** Numbers of the steps. */
const [STOP, ROTATE, RESTART] = [1, 2, 3];
/** The listener is renewed when it is due, and the kubelet's own at every start. */
const isRotated = (path: string) => /\.(crt|key)$/.test(path) && !/-ca\.|kubelet|service\.key/.test(path);

/** Of this version. */
const isUnused = (path: string) => /\/client-(kube-proxy|k3s-controller)\./.test(path);

async function assertWorks({ root, plan, node }: Stage): Promise<void> {
  assert.equal((await unitState(root, 'k3s')).active, true);
  assert.ok(await areSound(root, expectationsOf(plan)));
  assert.equal(existsSync(root.at(TRIGGER)), false);
  assert.ok(node.ports.api !== undefined);
}

describe('a rotation of the leaves of K3s', { concurrency: 2 }, () => {
  it('issues every leaf again, and names the directory that keeps the previous ones', async (t) => {
    const on = await stage(t, FRESH);
    const { plan, context, root, told } = on;
    const before = await snapshot(root, [TLS]);
    const outcome = await execute(plan, 'manual', context);
    assert.equal(outcome.error, null);
    assert.equal(outcome.result, 'succeeded');
    for (const [id, end] of Object.entries(await endsOf(root, plan))) assert.ok(end > Date.now() + 364 * DAY, id);
    const after = await snapshot(root, [TLS]);
    for (const [path, content] of before)
      if (!isUnused(path)) assert.equal(after.get(path) !== content, isRotated(path), path);
    const [copy] = (await readdir(root.at(SERVER))).filter((name) => name.startsWith('tls-'));
    assert.ok(told.some(({ detail }) => detail.includes(`rotated; ${SERVER}/${copy} holds`)));
    await assertWorks(on);
  });

  it('starts the unit with the previous leaves when the command fails', async (t) => {
    const on = await stage(t, FRESH);
    const before = await snapshot(on.root, [TLS]);
    await on.faults({ k3s: 'rotate-fails' });
    const outcome = await execute(on.plan, 'manual', on.context);
    assert.equal(outcome.error?.code, 'ROTATE_FAILED');
    assert.match(
      outcome.error?.message ?? '',
      /^k3s certificate rotate --data-dir \/var\/lib\/rancher\/k3s exited with 1/,
    );
    assert.equal(outcome.result, 'rolled-back');
    assertSame(before, await snapshot(on.root, [TLS]));
    await assertWorks(on);
  });

  it('puts the previous leaves back when the start fails', async (t) => {
    const on = await stage(t, { ...FRESH, limits: { restart: 15_000, settle: 1_500 } });
    const before = await snapshot(on.root, [TLS]);
    await on.faults({ k3s: 'dies-after-start' });
    const progress = on.context.progress;
    on.context.progress = (each) => {
      progress(each);
      if (each.state === 'failed') void on.faults({ k3s: 'none' });
    };
    const outcome = await execute(on.plan, 'manual', on.context);
    assert.equal(outcome.error?.code, 'UNIT_NOT_READY');
    assert.equal(outcome.result, 'rolled-back');
    assertSame(before, await snapshot(on.root, [TLS]));
    await assertWorks(on);
  });

  for (const [step, state, result] of [
    [STOP, 'started', 'succeeded'],
    [STOP, 'done', 'succeeded'],
    [ROTATE, 'started', 'succeeded'],
    [ROTATE, 'done', 'rolled-back'],
    [RESTART, 'started', 'rolled-back'],
    [RESTART, 'done', 'succeeded'],
  ] as const)
    it(`killed when step ${step + 1} is ${state}: ${result}`, async (t) => {
      const on = await stage(t, FRESH);
      const before = await snapshot(on.root, [TLS]);
      await killedAt(on, on.plan, step, state);
      const outcome = await recover(on.context);
      assert.equal(outcome?.result, result, outcome?.error?.message);
      if (result === 'rolled-back') assertSame(before, await snapshot(on.root, [TLS]));
      await assertWorks(on);
    });

  it('killed while the command removes the leaves: the previous ones come back', async (t) => {
    const on = await stage(t, FRESH);
    const before = await snapshot(on.root, [TLS]);
    await killedAt(on, on.plan, ROTATE, 'started');
    for (const name of ['client-admin.key', 'client-admin.crt', 'client-scheduler.key'])
      await rm(on.root.at(`${TLS}/${name}`));
    const outcome = await recover(on.context);
    assert.equal(outcome?.result, 'rolled-back');
    assertSame(before, await snapshot(on.root, [TLS]));
    await assertWorks(on);
  });

  it('killed with expired leaves: the unit is started, which renews them', async (t) => {
    const on = await stage(t, { ...FRESH, leafEnds: Date.now() - DAY });
    const steps = (await stage(t, FRESH)).plan.steps;
    const plan = { ...on.plan, steps: on.plan.steps.toSpliced(1, 1, steps[STOP]!, steps[ROTATE]!) };
    await killedAt(on, plan, ROTATE, 'done');
    const outcome = await recover(on.context);
    assert.equal(outcome?.keptNew, true);
    await assertWorks({ ...on, plan });
    for (const [id, end] of Object.entries(await endsOf(on.root, on.plan)))
      if (id !== 'dynamic-cert') assert.ok(end > Date.now() + 364 * DAY, id);
  });

  it('SIGTERM does not leave the unit stopped', async (t) => {
    const on = await stage(t, FRESH);
    const stop = new AbortController();
    const progress = (each: { step: number; state: string }) => {
      if (each.step === STOP && each.state === 'started') stop.abort();
    };
    await assert.rejects(execute(on.plan, 'manual', { ...on.context, progress, signal: stop.signal }), {
      code: 'INTERRUPTED',
    });
    assert.equal((await unitState(on.root, 'k3s')).active, true);
    const outcome = await recover(on.context);
    assert.equal(outcome?.error, null);
    await assertWorks(on);
  });

  it('starts the unit again when another program begins to change the node', async (t) => {
    const on = await stage(t, FRESH);
    const before = await snapshot(on.root, [TLS]);
    const stillHolds = async ({ kind }: { kind: string }) =>
      kind === 'rotate-leaves'
        ? ({ code: 'UPGRADE_UNDER_WAY', why: 'an upgrade runs', remedy: 'Wait.' } as const)
        : null;
    const outcome = await execute(on.plan, 'manual', { ...on.context, stillHolds });
    assert.deepEqual([outcome.result, outcome.error?.code], ['failed', 'PRECONDITION_LOST']);
    assertSame(before, await snapshot(on.root, [TLS]));
    await assertWorks(on);
  });
});

function assertSame(before: Map<string, string>, after: Map<string, string>): void {
  for (const [path, content] of before) if (isRotated(path)) assert.equal(after.get(path), content, path);
}
