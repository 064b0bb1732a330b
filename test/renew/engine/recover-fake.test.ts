// What the next start does with a killed agent's plan, on a node of text files. On whole nodes: recover.test.ts, test/crash.
import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { MINUTE } from '../../../src/domain/time/duration.ts';
import { JOURNAL_FILE } from '../../../src/renew/journal/journal-file.ts';
import { BACKUP, failsAtRestart, fakeNode, fakePlan, isDone, isStart } from '../fake-node.ts';

describe('recover, without a node', () => {
  it('has nothing to do when there was no plan, or the last one has an outcome', async (t) => {
    const node = await fakeNode(t);
    assert.equal(await node.recover(), null);
    assert.equal((await node.execute()).result, 'succeeded');
    assert.equal(await node.recover(), null);
  });

  it('closes a plan that had changed nothing', async (t) => {
    const node = await fakeNode(t);
    await node.killed(isStart(1));
    const outcome = await node.recover();
    assert.deepEqual([outcome?.result, outcome?.error?.code], ['failed', 'INTERRUPTED']);
    assert.deepEqual(await node.renewed(), []);
    assert.equal(await node.recover(), null);
  });

  it('undoes a plan that was killed among the renewals, even when it is killed once more', async (t) => {
    const node = await fakeNode(t);
    await node.killed(isStart(3));
    assert.deepEqual(await node.renewed(), ['a', 'b']);
    await node.killed((record) => record.type === 'undo-done' && record.step === 2, null);
    const outcome = await node.recover();
    assert.deepEqual([outcome?.result, outcome?.error?.code], ['rolled-back', 'INTERRUPTED']);
    assert.deepEqual(await node.renewed(), []);
    assert.equal(await node.recover(), null);
  });

  it('puts key and certificate back of a name that was killed between the two', async (t) => {
    const node = await fakeNode(t, {
      meanwhile: (step) => (step.kind === 'kubeadm-renew' && step.name === 'b' ? new Promise(() => {}) : undefined),
    });
    void node.execute();
    while (!(await node.renewed()).includes('b.key')) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal((await node.recover())?.result, 'rolled-back');
    assert.deepEqual(await node.renewed(), []);
  });

  for (const last of [4, 5, 6]) {
    it(`finishes a plan whose files are all renewed, from step ${last + 1} on`, async (t) => {
      const node = await fakeNode(t);
      await node.killed(isStart(last));
      const before = [...node.acted];
      assert.equal((await node.recover())?.result, 'succeeded');
      assert.deepEqual(await node.renewed(), ['a', 'b', 'c']);
      const restarts = ['restart kube-apiserver', 'restart kube-scheduler'];
      assert.deepEqual(node.acted.slice(before.length), restarts.slice(Math.max(0, last - 5)));
    });
  }

  it('continues with the renewals when the previous certificates had expired', async (t) => {
    const node = await fakeNode(t);
    // Text files are not valid pairs, and with a backup they would be repaired.
    const steps = fakePlan().steps.filter(({ kind }) => kind !== 'backup');
    await node.killed(isStart(1), fakePlan({ oldExpired: true, steps }));
    assert.equal((await node.recover())?.result, 'succeeded');
    assert.deepEqual(await node.renewed(), ['a', 'b', 'c']);
  });

  it('undoes a failed plan, killed before its undo began', async (t) => {
    const node = await fakeNode(t, { meanwhile: failsAtRestart() });
    await node.killed((record) => record.type === 'undo-started');
    const outcome = await node.recover();
    assert.deepEqual([outcome?.result, outcome?.error?.code], ['rolled-back', 'COMPONENT_NOT_BACK']);
    assert.deepEqual(await node.renewed(), []);
  });

  it('without a readable backup undoes what it can, and the plan has an outcome', async (t) => {
    const node = await fakeNode(t);
    await node.killed(isStart(3));
    await rm(node.root.at(BACKUP), { recursive: true });
    assert.equal((await node.recover())?.result, 'failed');
    assert.equal(await node.recover(), null);
  });

  it('stops between two steps, and leaves the plan unfinished for the next start', async (t) => {
    const stop = new AbortController();
    const node = await fakeNode(t, {
      signal: stop.signal,
      meanwhile: (step) => {
        if (step.kind === 'kubeadm-renew' && step.name === 'b') stop.abort();
      },
    });
    await assert.rejects(node.execute(), { code: 'INTERRUPTED' });
    const last = (await node.records()).at(-1);
    assert.ok(last !== undefined && isDone(2)(last));
    assert.equal((await node.recover({ signal: new AbortController().signal }))?.result, 'rolled-back');
  });
});

describe('what somebody has changed since a kill', () => {
  it('is left, a certificate with its key, and reported; everything else is put back', async (t) => {
    const node = await fakeNode(t);
    await node.killed(isStart(4), fakePlan({ steps: fakePlan().steps.slice(0, 5) }));
    await node.write('/etc/k/a.crt', 'by hand');
    await node.write('/etc/k/b.key', 'by hand');
    const outcome = await node.recover();
    assert.deepEqual([outcome?.result, outcome?.error?.code], ['failed', 'CHANGED_SINCE']);
    assert.match(
      outcome?.error?.message ?? '',
      /changed \/etc\/k\/a\.crt, \/etc\/k\/a\.key, \/etc\/k\/b\.crt, \/etc\/k\/b\.key since: /,
    );
    assert.deepEqual(await node.renewed(), ['a.key', 'b.crt']);
    assert.equal(await node.recover(), null);
  });

  it('counts in the step that was in hand only when it is later than that could have written', async (t) => {
    for (const { started, result } of [
      { started: Date.now(), result: 'rolled-back' },
      { started: Date.now() - 20 * MINUTE, result: 'failed' },
    ]) {
      const node = await fakeNode(t, { now: () => started });
      await node.killed(isDone(2));
      await node.write('/etc/k/b.crt', 'new by hand');
      assert.equal((await node.recover())?.result, result);
      assert.deepEqual(await node.renewed(), result === 'failed' ? ['b'] : []);
    }
  });

  it('is reported once more after a kill in the undo', async (t) => {
    const node = await fakeNode(t);
    await node.killed(isStart(3));
    await node.write('/etc/k/a.crt', 'by hand');
    await node.killed((record) => record.type === 'plan-ended', null);
    const outcome = await node.recover();
    assert.equal(outcome?.error?.code, 'CHANGED_SINCE');
    assert.equal(await node.read('/etc/k/a.crt'), 'by hand');
  });
});

describe('the journal of an earlier version', () => {
  it('has neither versions nor checksums: its plan is undone all the same', async (t) => {
    const node = await fakeNode(t);
    await node.killed(isStart(3));
    const old = (await node.records()).map((record) => {
      const { left: _left, ...rest } = record as typeof record & { left?: unknown };
      return JSON.stringify(rest);
    });
    await writeFile(node.root.at(JOURNAL_FILE), `${old.join('\n')}\n`);
    assert.equal((await node.recover())?.result, 'rolled-back');
    assert.deepEqual(await node.renewed(), []);
    assert.equal(await node.recover(), null);
  });
});
