import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allLabels, DISTRIBUTION_NAMES, isDistribution, nodeLabel } from '../../../src/domain/distributions/names.ts';
import { componentName, PROCESS } from '../../../src/domain/distributions/restarted-unit.ts';

test('what a node is called, by its distribution and its role', () => {
  for (const [distribution, role, label] of [
    ['kubeadm', 'control-plane', 'kubeadm control-plane node'],
    ['kubeadm', 'worker', 'kubeadm worker node'],
    ['k3s', 'server', 'K3s server'],
    ['rke2', 'agent', 'RKE2 agent'],
    ['rke2', null, 'RKE2 node'],
    ['k0s', 'controller', 'k0s controller'],
    ['hard-way', 'worker', 'hard-way worker node'],
    ['k3s', 'worker', 'K3s node'],
  ] as const)
    assert.equal(nodeLabel(distribution, role), label);
});

test('all distributions in a sentence', () => {
  assert.equal(allLabels('or'), 'kubeadm, K3s, RKE2, k0s or hard-way');
  assert.equal(allLabels('nor'), 'kubeadm, K3s, RKE2, k0s nor hard-way');
});

test('a word is the name of a distribution, or not', () => {
  for (const name of DISTRIBUTION_NAMES) assert.equal(isDistribution(name), true);
  for (const word of ['K3s', 'operator', 'toString', '']) assert.equal(isDistribution(word), false, word);
});

test('on an RKE2 node nobody reads that K3s runs', () => {
  assert.equal(componentName(PROCESS, { distribution: 'rke2' }), 'rke2');
  assert.equal(componentName(PROCESS, { distribution: 'k3s' }), 'k3s');
  assert.equal(componentName(PROCESS, { distribution: null }), 'k3s');
  assert.equal(componentName('kube-apiserver', { distribution: 'rke2' }), 'kube-apiserver');
});
