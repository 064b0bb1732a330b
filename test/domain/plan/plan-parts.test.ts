import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RenewalPlan, Step } from '../../../src/domain/model/plan.ts';
import {
  backupOf,
  changesCertificates,
  changesNode,
  expectationsOf,
  failureRule,
  isForFailure,
  isLeftAtOnce,
  restartsOf,
  restartsUnit,
  restoredFrom,
} from '../../../src/domain/plan/plan-parts.ts';
import { cycle, expect, steps } from './step-parts.ts';

const planOf = (...some: Step[]) => ({ steps: some }) as RenewalPlan;

test('the backup of a plan, or none', () => {
  assert.equal(backupOf(planOf(steps.cycle, steps.backup)), '/b/1');
  assert.equal(backupOf(planOf(steps.cycle)), null);
});

test('what a plan restarts, at once or only where it must', () => {
  assert.deepEqual(restartsOf(planOf(steps['cycle-unless-served'], steps['verify-files'], steps.cycle)), [
    cycle,
    cycle,
  ]);
});

test('what a plan restores', () => {
  assert.equal(restoredFrom(planOf(steps.backup, steps['restore-files'])), '/b/0');
  assert.equal(restoredFrom(planOf(steps.backup, steps['kubeadm-renew'])), null);
});

test('whether the restart of a unit renews', () => {
  assert.equal(restartsUnit(planOf(steps.backup, steps['restart-unit'])), true);
  assert.equal(restartsUnit(planOf(steps.backup, steps.cycle)), false);
});

test('what a plan expects to be renewed: each certificate once', () => {
  const other = { ...expect, id: 'dynamic-cert' };
  const listener: Step = { ...steps['await-listener'], expect: other };
  const plan = planOf(steps.backup, steps['kubeadm-renew'], steps['verify-files'], listener);
  assert.deepEqual(expectationsOf(plan), [expect, other]);
});

const CHANGES: Record<Step['kind'], 'certificates' | 'processes' | 'nothing'> = {
  backup: 'nothing',
  'add-names': 'certificates',
  'kubeadm-renew': 'certificates',
  'verify-files': 'nothing',
  'cycle-unless-served': 'processes',
  cycle: 'processes',
  'verify-served': 'nothing',
  'restart-unit': 'certificates',
  'await-ready': 'nothing',
  'await-pods': 'nothing',
  'await-listener': 'nothing',
  'restart-neighbour': 'processes',
  'regenerate-listener': 'certificates',
  'remove-leaves': 'certificates',
  'stop-unit': 'certificates',
  'rotate-leaves': 'certificates',
  'kubelet-conf': 'certificates',
  'restart-kubelet': 'processes',
  'point-kubelet-conf': 'certificates',
  'restore-files': 'certificates',
  'install-files': 'certificates',
  'install-rehearsed': 'certificates',
  'fetch-leaves': 'certificates',
  'await-clients': 'nothing',
  'await-kubelet': 'nothing',
  'run-hook': 'nothing',
  rehearse: 'nothing',
};

test('SIGTERM leaves what only waits, and a restart that may take longer than systemd waits for certagent', () => {
  const left = Object.values(steps).filter(isLeftAtOnce);
  assert.deepEqual(left.map(({ kind }) => kind).sort(), [
    'await-clients',
    'await-kubelet',
    'await-listener',
    'await-pods',
    'await-ready',
    'rehearse',
  ]);
  assert.ok(isLeftAtOnce({ ...steps['restart-unit'], limit: 35 * 60_000 }));
  assert.ok(isLeftAtOnce({ ...steps['fetch-leaves'], elsewhere: { kubeconfig: '/k' } }));
});

test('what follows a failure is passed over before, and a hook can be required', () => {
  const hook = steps['run-hook'];
  assert.deepEqual(Object.values(steps).filter(isForFailure), []);
  assert.equal(isForFailure({ ...hook, on: 'failed' }), true);
  assert.equal(failureRule({ ...hook, on: 'before', isRequired: true }), 'roll-back');
});

for (const step of Object.values(steps)) {
  const rule = ['add-names', 'await-pods', 'restart-neighbour', 'point-kubelet-conf', 'run-hook'].includes(step.kind)
    ? 'continue'
    : 'roll-back';
  test(`${step.kind} changes ${CHANGES[step.kind]}, and its failure means: ${rule}`, () => {
    assert.equal(changesCertificates(step), CHANGES[step.kind] === 'certificates');
    assert.equal(changesNode(step), CHANGES[step.kind] !== 'nothing');
    assert.equal(failureRule(step), rule);
  });
}
