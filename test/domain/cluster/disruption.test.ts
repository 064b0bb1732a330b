import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disruptionOf, disruptionOfStep } from '../../../src/domain/cluster/disruption.ts';
import { rulesOf } from '../../../src/domain/distributions/index.ts';
import { DISTRIBUTION_NAMES, type Distribution } from '../../../src/domain/distributions/names.ts';
import type { NodePaths } from '../../../src/domain/model/inventory.ts';
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
  const turns = (distribution: Distribution) =>
    Object.entries(rulesOf(distribution).roles).map(([role, rules]) => `${role} ${rules.takesTurns}`);
  assert.deepEqual(DISTRIBUTION_NAMES.map(turns), [
    ['control-plane true', 'worker false'],
    ['server true', 'agent false'],
    ['server true', 'agent false'],
    ['controller true', 'worker false'],
    ['control-plane true', 'worker false'],
  ]);
});

test('which kubeconfig a node has for its own Node', () => {
  const paths = (dataDir: string | null) => ({ kubeconfigDir: '/etc/kubernetes', dataDir }) as NodePaths;
  const conf = (name: Distribution, dataDir: string | null = null) => rulesOf(name).cluster.kubeletConf(paths(dataDir));
  assert.equal(conf('kubeadm'), '/etc/kubernetes/kubelet.conf');
  assert.equal(conf('k3s', '/data'), '/data/agent/kubelet.kubeconfig');
  assert.equal(conf('k0s', '/data'), '/data/kubelet.conf');
  assert.deepEqual([conf('k3s'), conf('k0s'), conf('hard-way')], [null, null, null]);
});

test('the CA of an API', () => {
  const paths = { certificatesDir: '/tls' } as NodePaths;
  assert.deepEqual(
    DISTRIBUTION_NAMES.map((name) => rulesOf(name).cluster.api?.ca(paths)),
    ['/tls/ca.crt', '/tls/server-ca.crt', '/tls/server-ca.crt', undefined, undefined],
  );
});
