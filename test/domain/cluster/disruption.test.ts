import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disruptionOf, disruptionOfStep, takesTurns } from '../../../src/domain/cluster/disruption.ts';
import type { CycleStep, Step } from '../../../src/domain/model/plan.ts';

const cycle = (component: CycleStep['component']): CycleStep => ({
  kind: 'cycle',
  component,
  manifest: `/etc/kubernetes/manifests/${component}.yaml`,
  method: 'signal',
  processArguments: [],
  health: null,
  limit: 1,
});
const unlessServed = (component: CycleStep['component']): Step => ({
  kind: 'cycle-unless-served',
  endpoints: [],
  patience: 1,
  cycle: cycle(component),
});
const verify: Step = { kind: 'verify-files', expect: [] };

test("today's kubeadm stops no server: no quorum is asked for, and still only one node at a time", () => {
  const steps = [verify, unlessServed('etcd'), unlessServed('kube-apiserver'), cycle('kube-scheduler')];
  assert.deepEqual(disruptionOf({ steps }), { kind: 'components', etcd: false, api: false });
  assert.deepEqual(disruptionOf({ steps: [verify] }), { kind: 'none', etcd: false, api: false });
});

test('what stops a server', () => {
  const steps = [cycle('kube-apiserver'), cycle('kube-scheduler')];
  assert.deepEqual(disruptionOf({ steps }), { kind: 'stops', etcd: false, api: true });
  assert.deepEqual(disruptionOfStep(cycle('etcd')), { kind: 'stops', etcd: true, api: false });
  const unit = { kind: 'stops', etcd: true, api: true };
  assert.deepEqual(disruptionOfStep({ kind: 'restart-unit', unit: 'k3s', limit: 1 }), unit);
  assert.deepEqual(disruptionOfStep({ kind: 'stop-unit', unit: 'k3s', limit: 1 }), unit);
});

test('who takes turns', () => {
  assert.deepEqual(
    ['control-plane', 'server', 'controller'].map((role) => takesTurns(role as 'server')),
    [true, true, true],
  );
  assert.deepEqual([takesTurns('agent'), takesTurns('worker'), takesTurns(null)], [false, false, false]);
});
