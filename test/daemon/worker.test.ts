// What is refused on a node without a control plane, and why: in words that fit such a node.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CertagentError } from '../../src/domain/model/errors.ts';
import { scene } from './support.ts';

test('on a worker no certificate of a user is requested, and nothing is in the way of an installation of nothing', async (t) => {
  const { agent } = await scene(t, { kind: 'kubeadm-worker', days: 300 });
  await assert.rejects(agent.addUser({ user: 'nana', approve: false }), (error: CertagentError) => {
    assert.equal(error.code, 'USER_REFUSED');
    assert.match(error.message, /this node has no admin kubeconfig$/);
    assert.match(error.remedy ?? '', /^Use a node of the control plane/);
    return true;
  });
  const files = [{ name: '/nowhere', refused: 'does not exist' }];
  const { plan, blockers, refused } = await agent.installPlan({ files });
  assert.deepEqual([plan, blockers, refused.length], [null, [], 1]);
});
