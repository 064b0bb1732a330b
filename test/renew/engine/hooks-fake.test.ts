// When hooks run, and what their failure means, on a node of text files.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { RenewalPlan, Step } from '../../../src/domain/model/plan.ts';
import type { RenewContext } from '../../../src/renew/engine/renew-context.ts';
import { untoldOutcome } from '../../../src/renew/engine/untold.ts';
import type { StepContext } from '../../../src/renew/steps/actor.ts';
import { type FakeNode, failsAtRestart, fakeNode, fakePlan, isDone, isStart, type Meanwhile } from '../fake-node.ts';

type HookStep = Extract<Step, { kind: 'run-hook' }>;

const hook = (on: HookStep['on'], name: string = on, isRequired = false): HookStep => ({
  kind: 'run-hook',
  on,
  command: [`/h/${name}`],
  user: 'root',
  limit: 1_000,
  node: 'n',
  certificates: ['a'],
  files: ['/etc/k/a.crt'],
  isRequired,
});

/** 0 before, 1 backup, 2 to 4 renewals, 5 verify, 6 and 7 restarts, 8 renewed, 9 and 10 failed. */
function hooked(isRequired = false): RenewalPlan {
  const { steps } = fakePlan();
  const after = [hook('renewed'), hook('failed'), hook('failed', 'failed-2')];
  return fakePlan({ steps: [hook('before', 'before', isRequired), ...steps, ...after] });
}

type Ran = { name: string; resumed: boolean | undefined; failure: StepContext['failure'] };

async function nodeWith(
  t: TestContext,
  change: Partial<RenewContext> & { meanwhile?: Meanwhile; failing?: string[] } = {},
): Promise<FakeNode & { ran: Ran[] }> {
  const { failing = [], ...rest } = change;
  const node = await fakeNode(t, rest);
  const ran: Ran[] = [];
  node.context.actors = {
    ...node.context.actors,
    'run-hook': {
      ...node.context.actors['run-hook'],
      act: async ({ command }, { resumed, failure }) => {
        const name = command[0]!.slice('/h/'.length);
        ran.push({ name, resumed, failure });
        node.acted.push(`hook ${name}`);
        if (failing.includes(name)) throw Object.assign(new Error(`${name} exited with 1`), { code: 'HOOK_FAILED' });
        return 'exited with 0';
      },
    },
  };
  return Object.assign(node, { ran });
}

const names = (ran: Ran[]) => ran.map(({ name }) => name);

describe('hooks of a renewal', () => {
  it('run before everything, and after everything', async (t) => {
    const node = await nodeWith(t);
    assert.equal((await node.execute(hooked())).result, 'succeeded');
    assert.deepEqual([node.acted[0], node.acted.at(-1)], ['hook before', 'hook renewed']);
    assert.deepEqual(names(node.ran), ['before', 'renewed']);
  });

  it('that must come before and fail: nothing is touched, and those for a failure run', async (t) => {
    const node = await nodeWith(t, { failing: ['before'] });
    const outcome = await node.execute(hooked(true));
    assert.deepEqual([outcome.result, outcome.error?.code], ['failed', 'HOOK_FAILED']);
    assert.deepEqual(node.acted, ['hook before', 'hook failed', 'hook failed-2']);
    assert.equal(await node.read('/var/lib/certagent/backups/plan-1/manifest.json'), null);
    assert.deepEqual(node.ran[1]?.failure, { result: 'failed', code: 'HOOK_FAILED', message: 'before exited with 1' });
  });

  it('that fail otherwise are reported, and change nothing', async (t) => {
    const node = await nodeWith(t, { failing: ['before', 'renewed'] });
    const outcome = await node.execute(hooked());
    assert.deepEqual([outcome.result, await node.renewed()], ['succeeded', ['a', 'b', 'c']]);
    assert.deepEqual(
      outcome.reported?.map(({ message }) => message),
      ['before exited with 1', 'renewed exited with 1'],
    );
  });

  it('for a failure run once everything is as it was, each of them, and the renewed ones do not', async (t) => {
    const node = await nodeWith(t, { meanwhile: failsAtRestart(), failing: ['failed'] });
    const outcome = await node.execute(hooked());
    assert.deepEqual([outcome.result, outcome.error?.code], ['rolled-back', 'COMPONENT_NOT_BACK']);
    assert.deepEqual(names(node.ran), ['before', 'failed', 'failed-2']);
    assert.equal(node.ran[1]?.failure?.result, 'rolled-back');
    assert.deepEqual(outcome.reported, [{ code: 'HOOK_FAILED', message: 'failed exited with 1' }]);
    assert.equal(await node.recover(), null);
    assert.equal(node.ran.length, 3, 'nothing is owed');
  });
});

describe('hooks of a renewal whose agent is killed', () => {
  for (const [where, at, rest] of [
    ['in the one that comes before', isStart(1), ['failed', 'failed-2']],
    ['in the renewed one', isDone(8), ['renewed']],
  ] as const)
    it(`${where}: it runs again where the renewal goes on, and those for a failure where not`, async (t) => {
      const node = await nodeWith(t);
      await node.killed(at, hooked());
      const before = node.ran.length;
      await node.recover();
      assert.deepEqual(names(node.ran.slice(before)), rest);
      if (rest[0] === 'renewed') assert.equal(node.ran.at(-1)?.resumed, true);
    });

  it('in one for a failure: the renewal has its end by then, and the rest is done at the next start', async (t) => {
    const node = await nodeWith(t, { meanwhile: failsAtRestart(), failing: ['failed-2'] });
    await node.killed(isDone(9), hooked());
    assert.deepEqual(names(node.ran), ['before', 'failed']);
    assert.equal(await node.recover(), null, 'no renewal is unfinished');
    assert.deepEqual(names(node.ran), ['before', 'failed', 'failed', 'failed-2']);
    assert.deepEqual(
      node.ran.slice(2).map(({ resumed, failure }) => [resumed, failure?.code]),
      [
        [true, 'COMPONENT_NOT_BACK'],
        [false, 'COMPONENT_NOT_BACK'],
      ],
    );
    const told = untoldOutcome(await node.records());
    assert.deepEqual([told?.result, told?.reported?.map(({ code }) => code)], ['rolled-back', ['HOOK_FAILED']]);
    assert.equal(await node.recover(), null);
    assert.equal(node.ran.length, 4);
  });

  it('SIGTERM while it is rolled back: the next start runs those for a failure', async (t) => {
    const stop = new AbortController();
    const node = await nodeWith(t, { failing: ['before'], signal: stop.signal });
    node.context.progress = ({ state }) => state === 'failed' && stop.abort();
    assert.equal((await node.execute(hooked(true))).result, 'failed');
    assert.deepEqual(names(node.ran), ['before']);
    await node.recover({ signal: new AbortController().signal });
    assert.deepEqual(names(node.ran), ['before', 'failed', 'failed-2']);
  });
});
