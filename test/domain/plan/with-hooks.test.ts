import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decide } from '../../../src/domain/decide/decide.ts';
import { HOOK_EVENTS, type Hook } from '../../../src/domain/model/hook.ts';
import type { RenewalPlan } from '../../../src/domain/model/plan.ts';
import { makePlan } from '../../../src/domain/plan/planner.ts';
import { inventoryOf, NO_HISTORY, NOW, policyOf, RENEWED_KINDS, SETTINGS } from '../../support/inventory.ts';
import type { NodeKind } from '../../support/parts.ts';

const hook = (change: Partial<Hook> = {}): Hook => ({
  on: 'renewed',
  command: ['/h'],
  user: 'root',
  limit: 1,
  certificates: [],
  ...change,
});

function planFor(hooks: Hook[], { days = 20, kind = 'kubeadm' as NodeKind } = {}): RenewalPlan {
  const found = inventoryOf(kind, { days });
  const inventory = hooks.length === 0 ? found : { ...found, hooks: { hooks, refused: [] } };
  const request = { kind: 'manual', force: true } as const;
  const decisions = decide({ inventory, policy: policyOf(), history: NO_HISTORY, now: NOW, request });
  return makePlan({ inventory, decisions, settings: SETTINGS, planId: 'p', now: NOW })!;
}

const hooksOf = ({ steps }: RenewalPlan) => steps.filter((step) => step.kind === 'run-hook');

test('hooks stand around the steps of the renewal, each event in the order of the configuration', () => {
  const names = HOOK_EVENTS.flatMap((on) => [hook({ on, command: [`/${on}/2`] }), hook({ on, command: [`/${on}/1`] })]);
  const { steps } = planFor(names.reverse());
  const places = steps.map((step) => (step.kind === 'run-hook' ? step.command[0] : 'renewal'));
  const first = places.indexOf('renewal');
  assert.deepEqual(places.slice(0, first), ['/before/1', '/before/2']);
  const after = ['/renewed/1', '/renewed/2', '/failed/1', '/failed/2'];
  assert.deepEqual(places.slice(places.lastIndexOf('renewal') + 1), after);
});

test('a hook for some certificates gets these and their files, and is left out where none of them is renewed', () => {
  const [one, ...none] = hooksOf(
    planFor([hook({ certificates: ['apiserver', 'k3s.yaml'] }), hook({ certificates: ['k3s.yaml'] })]),
  );
  assert.deepEqual(none, []);
  assert.deepEqual(one?.certificates, ['apiserver']);
  assert.deepEqual(one?.files, ['/etc/kubernetes/pki/apiserver.crt', '/etc/kubernetes/pki/apiserver.key']);
  assert.equal(one?.node, 'node-1');
});

for (const { days, required } of [
  { days: 60, required: true },
  { days: 20, required: false },
  { days: -1, required: false },
])
  test(`a hook that comes before can stop a renewal of certificates with ${days} days left: ${required}`, () => {
    const plan = planFor(
      HOOK_EVENTS.map((on) => hook({ on })),
      { days },
    );
    assert.deepEqual(
      hooksOf(plan).map(({ isRequired }) => isRequired),
      [required, false, false],
    );
  });

test('whatever the hooks, the steps of the renewal are those without any', () => {
  const some = fc.array(fc.constantFrom(...HOOK_EVENTS));
  fc.assert(
    fc.property(fc.constantFrom(...RENEWED_KINDS), some, (kind, events) => {
      const plain = planFor([], { kind });
      const plan = planFor(
        events.map((on) => hook({ on })),
        { kind },
      );
      const others = plan.steps.filter((step) => step.kind !== 'run-hook');
      assert.deepEqual({ ...plan, steps: others }, plain);
      assert.equal(plan.steps.length - others.length, events.length);
    }),
  );
});
