// Which static pods restart after a renewal, and how.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { decide } from '../../../src/domain/decide/decide.ts';
import type { ComponentHealth, Inventory } from '../../../src/domain/model/inventory.ts';
import type { RenewalPlan } from '../../../src/domain/model/plan.ts';
import { describePlan } from '../../../src/domain/plan/describe.ts';
import { restartsOf } from '../../../src/domain/plan/plan-parts.ts';
import { makePlan, type PlanSettings } from '../../../src/domain/plan/planner.ts';
import { MINUTE } from '../../../src/domain/time/duration.ts';
import { inventoryOf, NO_HISTORY, NOW, policyOf, SETTINGS, withPreconditions } from '../../support/inventory.ts';
import { neighbour } from '../../support/parts.ts';

function planFor(inventory: Inventory, settings: Partial<PlanSettings> = {}): RenewalPlan {
  const request = { kind: 'schedule' } as const;
  const decisions = decide({ inventory, policy: policyOf(), history: NO_HISTORY, now: NOW, request });
  return makePlan({ inventory, decisions, settings: { ...SETTINGS, ...settings }, planId: 'plan-1', now: NOW })!;
}

const due = inventoryOf('kubeadm', { days: 20 });

function nodeWith(component: string, change: Partial<ComponentHealth>): Inventory {
  const components = due.preconditions.components.map((one) => (one.name === component ? { ...one, ...change } : one));
  return withPreconditions(due, { components });
}

/** The components that restart whatever happens, and those that restart only when they do not load the files themselves. */
function restarts(plan: RenewalPlan): { always: string[]; ifNeeded: string[] } {
  return {
    always: plan.steps.flatMap((step) => (step.kind === 'cycle' ? [step.component] : [])),
    ifNeeded: plan.steps.flatMap((step) => (step.kind === 'cycle-unless-served' ? [step.cycle.component] : [])),
  };
}

const READERS = ['kube-controller-manager', 'kube-scheduler'];
const ALL = ['kube-apiserver', ...READERS];
const KUBE_APISERVERS: [what: string, Partial<ComponentHealth>, always: string[], ifNeeded: string[]][] = [
  ['v1.36', { version: 'v1.36.3' }, READERS, ['etcd', 'kube-apiserver']],
  ['v1.27', { version: 'v1.27.0' }, READERS, ['etcd', 'kube-apiserver']],
  ['v1.26', { version: 'v1.26.15' }, ALL, ['etcd']],
  ['of an unknown version', { version: null }, ALL, ['etcd']],
  ['that is not healthy', { healthy: false, detail: 'HTTP 500' }, ALL, ['etcd']],
  ['that does not run', { pid: null, startedAt: null }, ALL, ['etcd']],
];
for (const [what, change, always, ifNeeded] of KUBE_APISERVERS)
  test(`a kube-apiserver ${what} ${always === ALL ? 'restarts' : 'loads what is renewed by itself'}`, () => {
    const inventory = nodeWith('kube-apiserver', change);
    const ids = due.certificates.filter(({ owner }) => owner === 'kubeadm').map(({ id }) => id);
    const decisions = { at: NOW, certificates: [], renewal: { kind: 'now' as const, ids, why: '' } };
    const plan = makePlan({ inventory, decisions, settings: SETTINGS, planId: 'p', now: NOW })!;
    assert.deepEqual(restarts(plan), { always, ifNeeded });
  });

const RENEWED: [ids: string[], always: string[], ifNeeded: string[]][] = [
  [['apiserver'], [], ['kube-apiserver']],
  [['apiserver-kubelet-client', 'front-proxy-client', 'admin.conf'], [], []],
  [['controller-manager.conf'], ['kube-controller-manager'], []],
  [['scheduler.conf', 'etcd-peer'], ['kube-scheduler'], ['etcd']],
];
for (const [ids, always, ifNeeded] of RENEWED)
  test(`v1.36: after a renewal of ${ids.join(', ')}, only what reads it at its start restarts`, () => {
    const decisions = { at: NOW, certificates: [], renewal: { kind: 'now' as const, ids, why: '' } };
    const plan = makePlan({ inventory: due, decisions, settings: SETTINGS, planId: 'p', now: NOW })!;
    assert.deepEqual(restarts(plan), { always, ifNeeded });
  });

const YOUNG = NOW - 10 * MINUTE + 1;
const METHODS: [what: string, Partial<ComponentHealth>, PlanSettings['cycle'], method: string][] = [
  ['a process that has run for long', {}, 'signal', 'signal'],
  ['a process that has run for ten minutes', { startedAt: NOW - 10 * MINUTE }, 'signal', 'signal'],
  ['a younger process, which the kubelet would hold back', { startedAt: YOUNG }, 'signal', 'annotate'],
  ['a process of another user', { isSameUser: false }, 'signal', 'annotate'],
  ['no process', { pid: null, startedAt: null, healthy: false }, 'signal', 'annotate'],
  ['an old kubelet, which restarts a changed pod at once', { version: 'v1.22.3' }, 'signal', 'annotate'],
  ['an image whose tag is no version', { version: null }, 'signal', 'signal'],
  ['a manifest that cannot be read', { pod: null, pid: null, startedAt: null, healthy: false }, 'signal', 'annotate'],
  ['annotations by choice', {}, 'annotate', 'annotate'],
  ['moves by choice', {}, 'move', 'move'],
];
for (const [what, change, cycle, method] of METHODS)
  test(`the method of a restart: ${what}`, () => {
    const inventory = nodeWith('kube-scheduler', change);
    const decisions = {
      at: NOW,
      certificates: [],
      renewal: { kind: 'now' as const, ids: ['scheduler.conf'], why: '' },
    };
    const plan = makePlan({ inventory, decisions, settings: { ...SETTINGS, cycle }, planId: 'p', now: NOW })!;
    const restart = restartsOf(plan).find(({ component }) => component === 'kube-scheduler');
    assert.equal(restart?.method, method);
    assert.equal(restart?.killAfter, undefined, 'only the kube-apiserver may be killed');
  });

const KILLED: [what: string, Partial<ComponentHealth>, killAfter: number | undefined][] = [
  ['drains for a minute, so it is killed after 5 s', {}, 5_000],
  ['shuts down slowly by choice, so it is never killed', { delaysShutdown: true }, undefined],
  ['is young, so its manifest is annotated', { startedAt: YOUNG }, undefined],
];
for (const [what, change, killAfter] of KILLED)
  test(`a kube-apiserver ${what}`, () => {
    const inventory = nodeWith('kube-apiserver', { version: 'v1.26.15', ...change });
    const restart = restartsOf(planFor(inventory)).find(({ component }) => component === 'kube-apiserver');
    assert.equal(restart?.killAfter, killAfter);
  });

test('the plan of a v1.26 node', async () => {
  const plan = planFor(nodeWith('kube-apiserver', { version: 'v1.26.15' }));
  const golden = new URL('../../golden/plan-kubeadm-v1.26.json', import.meta.url);
  const text = `${JSON.stringify({ said: describePlan(plan).split('\n'), plan }, null, 2)}\n`;
  if (process.env.UPDATE_GOLDEN === '1') await writeFile(golden, text);
  assert.equal(text, await readFile(golden, 'utf8'), 'run with UPDATE_GOLDEN=1 if the change is meant');
});

test('other static pods that use renewed files restart last, where that is configured', () => {
  const neighbours = [
    neighbour({ pod: 'kube-vip', mounts: ['/etc/kubernetes/admin.conf'] }),
    neighbour({ pod: 'web' }),
  ];
  const plan = planFor(withPreconditions(due, { neighbours }), { neighbours: 'restart' });
  const last = plan.steps.at(-1);
  assert.equal(plan.neighbours, undefined);
  assert.equal(last?.kind === 'restart-neighbour' && last.pod.name, 'kube-vip');
  assert.equal(plan.steps.filter(({ kind }) => kind === 'restart-neighbour').length, 1);
  const [backup] = plan.steps;
  assert.ok(backup?.kind === 'backup' && backup.files.includes('/m/kube-vip.yaml'));
});

test('the kubelet is asked before a signal, where it can be asked', () => {
  const restart = (inventory: Inventory) => restartsOf(planFor(inventory))[0];
  assert.deepEqual(restart(due)?.kubelet, { scheme: 'http', host: '127.0.0.1', port: 10_248, path: '/healthz' });
  assert.equal(restart(nodeWith('kubelet', { health: null }))?.kubelet, undefined);
  const components = due.preconditions.components.filter(({ name }) => name !== 'kubelet');
  assert.equal(restart(withPreconditions(due, { components }))?.kubelet, undefined);
});

test('a plan made in spite of a kube-apiserver that is not there restarts what it finds', () => {
  const components = due.preconditions.components.filter(({ name }) => name !== 'kube-apiserver');
  const ids = ['apiserver', 'scheduler.conf'];
  const decisions = { at: NOW, certificates: [], renewal: { kind: 'now' as const, ids, why: '' } };
  const inventory = withPreconditions(due, { components });
  const plan = makePlan({ inventory, decisions, settings: SETTINGS, planId: 'p', now: NOW })!;
  assert.deepEqual(restarts(plan), { always: READERS, ifNeeded: [] });
});
