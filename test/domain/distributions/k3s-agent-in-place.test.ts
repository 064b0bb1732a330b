import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { decide } from '../../../src/domain/decide/decide.ts';
import type { BrokenLeaf } from '../../../src/domain/model/broken-leaf.ts';
import type { Attempt, History } from '../../../src/domain/model/decision.ts';
import type { Inventory } from '../../../src/domain/model/inventory.ts';
import type { RenewalPlan, Step } from '../../../src/domain/model/plan.ts';
import { describePlan } from '../../../src/domain/plan/describe.ts';
import { needsRestart } from '../../../src/domain/plan/needs-restart.ts';
import { makePlan } from '../../../src/domain/plan/planner.ts';
import { DAY, HOUR } from '../../../src/domain/time/duration.ts';
import {
  addCertificate,
  inventoryOf,
  NO_HISTORY,
  NOW,
  policyOf,
  SETTINGS,
  withCertificate,
  withPreconditions,
} from '../../support/inventory.ts';

const KUBELET = { name: 'kubelet', host: '127.0.0.1', port: 10250, expects: 'agent/serving-kubelet' } as const;

/** An agent that runs, whose server answers. */
function running(change: (inventory: Inventory) => Inventory = (same) => same): Inventory {
  const agent = withCertificate(inventoryOf('k3s-agent', { days: 20 }), 'agent/client-kubelet', {
    certificate: { commonName: 'system:node:n1' },
  });
  const serving = withCertificate(agent, 'agent/serving-kubelet', {
    certificate: { sans: ['DNS:n1', 'IP:127.0.0.1', 'IP:10.0.0.5'] },
  });
  const seen = withPreconditions(serving, {
    servers: { answers: true, detail: 'server:6443: answers', url: 'https://server:6443' },
    alsoServes: [KUBELET],
    loadedAtStart: [],
  });
  return change({ ...seen, node: { ...seen.node, version: 'v1.36.3+k3s1' } });
}

function planFor(
  inventory: Inventory,
  { history = NO_HISTORY, force = false, rehearse = 'auto' as 'auto' | 'always' } = {},
) {
  const settings = { ...SETTINGS, inPlace: true, rehearse };
  const request = { kind: 'manual', force } as const;
  const decisions = decide({ inventory, policy: policyOf({ rehearse }), history: NO_HISTORY, now: NOW, request });
  return makePlan({ inventory, decisions, history, settings, planId: 'plan-1', now: NOW })!;
}

/** Of these certificates, whatever else is due. */
function planOf(inventory: Inventory, { ids, heals = [] }: { ids: string[]; heals?: BrokenLeaf[] }): RenewalPlan {
  const renewal = { kind: 'now' as const, ids, why: '', heals };
  const decisions = { at: NOW, certificates: [], renewal };
  return makePlan({ inventory, decisions, settings: { ...SETTINGS, inPlace: true }, planId: 'p', now: NOW })!;
}

const kinds = ({ steps }: RenewalPlan) => steps.map(({ kind }) => kind);
function stepOf<K extends Step['kind']>(plan: RenewalPlan, kind: K) {
  return plan.steps.find((step): step is Extract<Step, { kind: K }> => step.kind === kind)!;
}

test('the plan of an agent that is renewed while it runs', async () => {
  const plan = planFor(running());
  const golden = new URL('../../golden/plan-k3s-agent-in-place.json', import.meta.url);
  const text = `${JSON.stringify({ said: describePlan(plan).split('\n'), steps: plan.steps }, null, 2)}\n`;
  if (process.env.UPDATE_GOLDEN === '1') await writeFile(golden, text);
  assert.equal(text, await readFile(golden, 'utf8'), 'run with UPDATE_GOLDEN=1 if the change is meant');
});

test('its server signs, nothing is rehearsed, and nothing restarts', () => {
  for (const plan of [planFor(running()), planFor(running(), { rehearse: 'always' })]) {
    assert.deepEqual(kinds(plan), [
      'backup',
      'fetch-leaves',
      'verify-files',
      'verify-served',
      'await-ready',
      'await-kubelet',
    ]);
    assert.deepEqual([plan.notInPlace, plan.notRehearsed], [undefined, undefined]);
    const fetch = stepOf(plan, 'fetch-leaves');
    assert.deepEqual([fetch.server, fetch.node, fetch.addresses], ['https://server:6443', 'n1', ['10.0.0.5']]);
    assert.equal(fetch.elsewhere?.kubeconfig, '/var/lib/rancher/k3s/agent/kubelet.kubeconfig');
    assert.deepEqual(fetch.leaves.map(({ expect }) => expect.id).sort(), plan.certificates);
    assert.equal(stepOf(plan, 'await-kubelet').node, 'n1');
    assert.deepEqual(
      stepOf(plan, 'verify-served').endpoints.map(({ port }) => port),
      [10250],
    );
  }
});

test('what is not due is signed, too, when a person wants it', () => {
  const plan = planFor(
    running((inventory) => ({
      ...inventory,
      certificates: inventory.certificates.map((one) => ({
        ...one,
        certificate: { ...one.certificate, notAfter: NOW + 300 * DAY },
      })),
    })),
    { force: true },
  );
  assert.equal(plan.notInPlace, undefined);
  assert.equal(plan.certificates.length, 3);
});

test('one whose serving certificate is not renewed, and whose node has no known name', () => {
  const unnamed = running((one) => withCertificate(one, 'agent/client-kubelet', { certificate: { commonName: null } }));
  const plan = planOf(unnamed, { ids: ['agent/client-kubelet'] });
  assert.ok(!kinds(plan).includes('verify-served'));
  assert.equal(stepOf(plan, 'await-kubelet').node, unnamed.node.name);
});

const attempt = (code: string): Attempt => ({
  planId: 'p',
  startedAt: NOW - DAY,
  endedAt: NOW - DAY,
  result: 'rolled-back',
  trigger: 'schedule',
  inPlace: true,
  error: { code, message: '' },
  granted: [],
});
const after = (code: string): History => ({ attempts: [attempt(code)] });

test('a server that was away says nothing about the way; anything else restarts', () => {
  assert.equal(planFor(running(), { history: after('SUPERVISOR_AWAY') }).notInPlace, undefined);
  for (const code of ['SUPERVISOR_REFUSED', 'SIGNED_REFUSED', 'CLIENTS_UNSEEN']) {
    const plan = planFor(running(), { history: after(code) });
    assert.match(plan.notInPlace!, new RegExp(`^that failed without a restart on .* \\(${code}\\)$`));
    assert.ok(kinds(plan).includes('restart-unit'));
  }
});

const SERVING = 'agent/serving-kubelet';
const unit = inventoryOf('k3s-agent').preconditions.unit!;
const leaf = running().certificates.find(({ id }) => id === SERVING)!;
const table: [what: string, why: RegExp, inventory: Inventory][] = [
  [
    'an older version',
    /^K3s v1\.32\.4\+k3s1 does not load all of them while it runs/,
    running((one) => ({ ...one, node: { ...one.node, version: 'v1.32.4+k3s1' } })),
  ],
  [
    'an unknown version',
    /^K3s of unknown version does not load/,
    running((one) => ({ ...one, node: { ...one.node, version: null } })),
  ],
  [
    'a unit that does not run',
    /^K3s does not work now: failed$/,
    running((one) => withPreconditions(one, { unit: { ...unit, active: false, detail: 'failed' } })),
  ],
  [
    'no unit',
    /^K3s does not work now: its unit is not known$/,
    running((one) => withPreconditions(one, { unit: null })),
  ],
  [
    'no known server',
    /^certagent does not know its server, which signs its certificates$/,
    running(({ preconditions: { servers: _none, ...preconditions }, ...one }) => ({ ...one, preconditions })),
  ],
  [
    'one that expires within the hour',
    /^agent\/client-kubelet expires within the hour, and a running part of K3s/,
    running((one) => withCertificate(one, 'agent/client-kubelet', { certificate: { notAfter: NOW + HOUR / 2 } })),
  ],
  [
    'one that has expired',
    /^agent\/client-kubelet has expired, and a running part of K3s/,
    running((one) => withCertificate(one, 'agent/client-kubelet', { certificate: { notAfter: NOW - HOUR } })),
  ],
  [
    'another certificate of K3s',
    /^only a start is known to issue agent\/client-other again$/,
    running((one) =>
      addCertificate(one, 'agent/client-other', 20, {
        owner: 'k3s',
        place: { ...leaf.place, path: '/var/lib/rancher/k3s/agent/client-other.crt' },
        issuance: leaf.issuance,
        key: { ...leaf.key, path: '/x.key' } as never,
      }),
    ),
  ],
  [
    'an embedded registry',
    /^the running K3s does not load agent\/client-k3s-controller again: the embedded registry uses it$/,
    withPreconditions(
      running((one) =>
        addCertificate(one, 'agent/client-k3s-controller', 20, {
          owner: 'k3s',
          place: { ...leaf.place, path: '/var/lib/rancher/k3s/agent/client-k3s-controller.crt' },
          issuance: leaf.issuance,
          key: { ...leaf.key, path: '/x.key' } as never,
        }),
      ),
      { loadedAtStart: ['registry'] },
    ),
  ],
  [
    'a missing key',
    /^only a start mends the private key of agent\/serving-kubelet$/,
    running((one) => withCertificate(one, SERVING, { key: { ...leaf.key, state: 'missing' } as never })),
  ],
  [
    'a kubelet on an unknown port',
    /^certagent does not know where its kubelet serves$/,
    running((one) => withPreconditions(one, { alsoServes: [] })),
  ],
  [
    'nothing seen of what it serves',
    /^certagent does not know where its kubelet serves$/,
    running(({ preconditions: { alsoServes: _none, ...preconditions }, ...one }) => ({ ...one, preconditions })),
  ],
];

for (const [what, why, inventory] of table)
  test(`${what}: the agent restarts`, () => {
    const renewed = inventory.certificates.filter(({ owner, place }) => owner === 'k3s' && place.index === 0);
    const plan = planOf(inventory, { ids: renewed.map(({ id }) => id) });
    assert.match(plan.notInPlace ?? '', why);
    assert.ok(kinds(plan).includes('restart-unit'));
  });

test('what only a start repairs restarts; a certificate is explained as the plan would have it', () => {
  const inventory = running();
  const broken = { id: 'x', path: '/x.crt', keyPath: '/x.key', caPath: null };
  const plan = planOf(inventory, { ids: ['agent/client-kubelet'], heals: [broken] });
  assert.equal(plan.notInPlace, 'only a start issues broken certificates again');
  const known = { inventory, settings: { ...SETTINGS, inPlace: true }, renewal: { kind: 'none' } as never };
  assert.deepEqual(needsRestart('agent/client-kubelet', known), { restart: null });
  assert.match(
    needsRestart('agent/client-kubelet', { ...known, history: after('SERVED_STALE') })!.restart!,
    /^that failed without a restart/,
  );
});
