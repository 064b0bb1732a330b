// What the executor promises, on a node of text files. On whole nodes: execute-kubeadm.test.ts and execute-k3s.test.ts.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Blocker } from '../../../src/domain/model/decision.ts';
import type { Step } from '../../../src/domain/model/plan.ts';
import { changesNode } from '../../../src/domain/plan/plan-parts.ts';
import { issueAuthority } from '../../../testnode/pki.ts';
import { BACKUP, type FakeNode, failsAtRestart, fakeNode, fakePlan, isDone, isStart } from '../fake-node.ts';

const UPGRADE: Blocker = { code: 'UPGRADE_UNDER_WAY', why: 'an upgrade of the node is under way', remedy: 'Wait.' };

/** An upgrade that begins before the question of this number. */
function upgradeFrom(question: number): { stillHolds: (step: Step) => Promise<Blocker | null>; asked: () => number } {
  let asked = 0;
  return {
    stillHolds: async (step) => {
      if (!changesNode(step)) return null;
      asked += 1;
      return asked >= question ? UPGRADE : null;
    },
    asked: () => asked,
  };
}

async function newAuthority(node: FakeNode): Promise<string> {
  const ca = await issueAuthority({ commonName: 'rotated', notBefore: 0, notAfter: Date.now() + 1e10 });
  await node.write('/etc/k/ca.crt', ca.certificatePem);
  await node.write('/etc/k/ca.key', ca.keyPem);
  return ca.certificatePem;
}

describe('execute, without a node', () => {
  it('runs the steps in order, and records the checksums of what each wrote in the journal', async (t) => {
    const node = await fakeNode(t);
    assert.equal((await node.execute()).result, 'succeeded');
    assert.deepEqual(node.acted, ['a', 'b', 'c', 'restart kube-apiserver', 'restart kube-scheduler']);
    const done = (await node.records()).find(isDone(1));
    assert.ok(done?.type === 'step-done');
    assert.deepEqual(Object.keys(done.left ?? {}), ['/etc/k/a.key', '/etc/k/a.crt']);
  });

  it('does nothing that is done already', async (t) => {
    const node = await fakeNode(t);
    for (const end of ['key', 'crt']) await node.write(`/etc/k/b.${end}`, 'new by hand');
    assert.equal((await node.execute()).result, 'succeeded');
    assert.deepEqual(node.acted.slice(0, 2), ['a', 'c']);
  });

  it('changes nothing when the backup cannot be made', async (t) => {
    const node = await fakeNode(t);
    const plan = fakePlan();
    const steps = plan.steps.map((step) =>
      step.kind === 'backup' ? { ...step, directory: '/etc/k/manifests/x' } : step,
    );
    const outcome = await node.execute({ ...plan, steps });
    assert.deepEqual([outcome.result, outcome.error?.code], ['failed', 'BACKUP_PLACE']);
    assert.deepEqual(await node.renewed(), []);
  });

  it('puts everything back when a renewal fails half-way, and restarts nothing that was not begun', async (t) => {
    const node = await fakeNode(t, {
      meanwhile: (step) => {
        if (step.kind === 'kubeadm-renew' && step.name === 'c') throw new Error('kubeadm exited with 1');
      },
    });
    assert.equal((await node.execute()).result, 'rolled-back');
    assert.deepEqual(await node.renewed(), []);
    assert.deepEqual(node.acted, ['a', 'b']);
  });

  it('keeps the new ones when the previous ones had expired, and still makes the others load them', async (t) => {
    const node = await fakeNode(t, { meanwhile: failsAtRestart() });
    // Text files are not valid pairs, and with a backup they would be repaired.
    const steps = fakePlan().steps.filter(({ kind }) => kind !== 'backup');
    const outcome = await node.execute(fakePlan({ oldExpired: true, steps }));
    assert.deepEqual([outcome.result, outcome.keptNew], ['failed', true]);
    assert.deepEqual(await node.renewed(), ['a', 'b', 'c']);
    assert.ok(node.acted.includes('restart kube-scheduler'));
  });

  it('continues after a failure that its rule only reports, after a kill too', async (t) => {
    const node = await fakeNode(t, {
      meanwhile: failsAtRestart(),
      failureRule: (step: Step) => (step.kind === 'cycle' ? 'continue' : 'roll-back'),
    });
    await node.killed(isStart(6));
    const outcome = await node.recover();
    assert.equal(outcome?.result, 'succeeded');
    assert.deepEqual(outcome?.reported, [{ code: 'COMPONENT_NOT_BACK', message: 'it did not come back' }]);
    assert.deepEqual(await node.renewed(), ['a', 'b', 'c']);
    const ended = (await node.records()).at(-1);
    assert.ok(ended?.type === 'plan-ended' && ended.reported?.length === 1);
  });
});

/** What somebody does while certagent waits for a component that does not come back: the live rollback follows (redteam/03). */
const MEANWHILE: {
  name: string;
  does: (node: FakeNode) => Promise<unknown>;
  result: 'failed' | 'rolled-back';
  renewed: string[];
  named: RegExp;
}[] = [
  { name: 'nothing', does: async () => {}, result: 'rolled-back', renewed: [], named: /^it did not come back$/ },
  {
    name: 'renews one by hand',
    does: async (node) => {
      for (const end of ['key', 'crt']) await node.write(`/etc/k/a.${end}`, 'new by hand');
    },
    result: 'failed',
    renewed: ['a'],
    named:
      /changed \/etc\/k\/a\.crt, \/etc\/k\/a\.key since: these were left as they are, everything else was put back$/,
  },
  {
    name: 'changes a key: its certificate stays with it',
    does: (node) => node.write('/etc/k/b.key', 'by hand'),
    result: 'failed',
    renewed: ['b.crt'],
    named: /changed \/etc\/k\/b\.crt, \/etc\/k\/b\.key since/,
  },
  {
    name: 'puts an old file back',
    does: (node) => node.write('/etc/k/b.key', 'old /etc/k/b.key'),
    result: 'rolled-back',
    renewed: [],
    named: /^it did not come back$/,
  },
  {
    name: 'changes a file that the plan does not write',
    does: (node) => node.write('/etc/k/other.conf', 'by hand'),
    result: 'rolled-back',
    renewed: [],
    named: /^it did not come back$/,
  },
  {
    name: 'rotates the CA: nothing is put back under the new one',
    does: newAuthority,
    result: 'failed',
    renewed: ['a', 'b', 'c'],
    named: /changed \/etc\/k\/ca\.crt, \/etc\/k\/ca\.key since: nothing was put back$/,
  },
];

describe('a live rollback leaves what somebody has changed meanwhile', () => {
  for (const { name, does, result, renewed, named } of MEANWHILE) {
    it(name, async (t) => {
      const node = await fakeNode(t, { meanwhile: failsAtRestart(async (at) => void (await does(at))) });
      const outcome = await node.execute();
      assert.equal(outcome.result, result);
      assert.equal(outcome.error?.code, result === 'failed' ? 'CHANGED_SINCE' : 'COMPONENT_NOT_BACK');
      assert.match(outcome.error?.message ?? '', named);
      assert.deepEqual(await node.renewed(), renewed);
    });
  }
});

it('a rollback leaves a certificate that somebody had renewed before its step', async (t) => {
  const byHand = async (node: FakeNode): Promise<void> => {
    for (const end of ['key', 'crt']) await node.write(`/etc/k/b.${end}`, 'new by hand');
  };
  const node = await fakeNode(t, {
    meanwhile: async (step, at) => {
      if (step.kind === 'kubeadm-renew' && step.name === 'a') await byHand(at);
      await failsAtRestart()(step, at);
    },
  });
  const outcome = await node.execute();
  assert.deepEqual([outcome.result, outcome.error?.code], ['rolled-back', 'COMPONENT_NOT_BACK']);
  assert.deepEqual(await node.renewed(), ['b']);
});

describe('a precondition that no longer holds (redteam/25)', () => {
  for (const { question, before, acted } of [
    { question: 1, before: 2, acted: [] },
    { question: 2, before: 3, acted: ['a'] },
    { question: 4, before: 6, acted: ['a', 'b', 'c'] },
    { question: 5, before: 7, acted: ['a', 'b', 'c', 'restart kube-apiserver'] },
  ]) {
    it(`stops before step ${before}, and neither continues nor rolls back`, async (t) => {
      const { stillHolds, asked } = upgradeFrom(question);
      const node = await fakeNode(t, { stillHolds });
      const outcome = await node.execute();
      assert.deepEqual([outcome.result, outcome.error?.code], ['failed', 'PRECONDITION_LOST']);
      assert.match(outcome.error?.message ?? '', new RegExp(`before step ${before} of 7 .*an upgrade of the node`));
      assert.deepEqual(node.acted, acted);
      assert.deepEqual(await node.renewed(), acted.slice(0, 3));
      assert.equal(asked(), question);
      // The plan has an outcome: the next check makes a new decision.
      assert.equal(await node.recover(), null);
    });
  }

  it('after a failed step stops the undo before it begins', async (t) => {
    const { stillHolds } = upgradeFrom(5);
    const node = await fakeNode(t, { stillHolds, meanwhile: failsAtRestart() });
    const outcome = await node.execute();
    assert.equal(outcome.error?.code, 'PRECONDITION_LOST');
    assert.match(outcome.error?.message ?? '', /^it did not come back; then certagent stopped the undo/);
    assert.deepEqual(await node.renewed(), ['a', 'b', 'c']);
  });

  it('in the undo stops before the next restart', async (t) => {
    const { stillHolds } = upgradeFrom(6);
    const node = await fakeNode(t, { stillHolds, meanwhile: failsAtRestart() });
    const outcome = await node.execute();
    assert.deepEqual([outcome.result, outcome.error?.code], ['failed', 'PRECONDITION_LOST']);
    assert.deepEqual(await node.renewed(), []);
    assert.equal(node.acted.filter((each) => each.startsWith('restart')).length, 1);
  });

  for (const [name, step] of [
    ['would be undone', 3],
    ['would continue', 5],
  ] as const) {
    it(`after a kill leaves a plan that ${name}`, async (t) => {
      const node = await fakeNode(t);
      await node.killed(isStart(step));
      const [acted, renewed] = [[...node.acted], await node.renewed()];
      const outcome = await node.recover({ stillHolds: async () => UPGRADE });
      assert.deepEqual([outcome?.result, outcome?.error?.code], ['failed', 'PRECONDITION_LOST']);
      assert.deepEqual(node.acted, acted);
      assert.deepEqual(await node.renewed(), renewed);
    });
  }

  it('is lost, too, when that cannot be found out', async (t) => {
    const node = await fakeNode(t, { stillHolds: () => Promise.reject(new Error('no /proc')) });
    const outcome = await node.execute();
    assert.equal(outcome.error?.code, 'PRECONDITION_LOST');
    assert.match(outcome.error?.message ?? '', /no \/proc/);
  });

  it('is lost by a change of the CA', async (t) => {
    let pem = '';
    const node = await fakeNode(t, {
      meanwhile: async (step, at) => {
        if (step.kind === 'kubeadm-renew' && step.name === 'b') pem = await newAuthority(at);
      },
    });
    const outcome = await node.execute();
    assert.equal(outcome.error?.code, 'PRECONDITION_LOST');
    assert.match(outcome.error?.message ?? '', /somebody has changed the CA: \/etc\/k\/ca\.crt, \/etc\/k\/ca\.key$/);
    assert.match(outcome.error?.remedy ?? '', new RegExp(BACKUP));
    assert.deepEqual(await node.renewed(), ['a', 'b']);
    assert.equal(await node.read('/etc/k/ca.crt'), pem);
  });
});
