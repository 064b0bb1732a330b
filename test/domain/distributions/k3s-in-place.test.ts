import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { decide } from '../../../src/domain/decide/decide.ts';
import { failedInPlace } from '../../../src/domain/decide/failed-in-place.ts';
import type { Attempt, History } from '../../../src/domain/model/decision.ts';
import type { Inventory } from '../../../src/domain/model/inventory.ts';
import type { RenewalPlan, Step } from '../../../src/domain/model/plan.ts';
import { describePlan } from '../../../src/domain/plan/describe.ts';
import type { PlanSettings } from '../../../src/domain/plan/draft.ts';
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
import { k3sServer } from '../plan/rehearsal-parts.ts';

const withVersion = (inventory: Inventory, version: string | null): Inventory => ({
  ...inventory,
  node: { ...inventory.node, version },
});

/** As on a server that runs: its listener is fresh, and the leaves that this version does not use are not there. */
function running(change: (inventory: Inventory) => Inventory = (same) => same): Inventory {
  const fresh = withCertificate(k3sServer(), 'dynamic-cert', { certificate: { notAfter: NOW + 300 * DAY } });
  const kubelet = withCertificate(fresh, 'agent/client-kubelet', { certificate: { commonName: 'system:node:n1' } });
  const serving = withCertificate(kubelet, 'agent/serving-kubelet', {
    certificate: { sans: ['DNS:n1', 'IP:127.0.0.1', 'IP:0:0:0:0:0:0:0:1', 'IP:10.0.0.5'] },
  });
  const certificates = serving.certificates.filter(({ id }) => id !== 'client-kube-proxy');
  const endpoint = { host: '127.0.0.1' } as const;
  return change(
    withPreconditions(
      { ...serving, certificates },
      {
        loadedAtStart: [],
        alsoServes: [
          { ...endpoint, name: 'kube-apiserver', port: 6444, expects: 'serving-kube-apiserver' },
          { ...endpoint, name: 'kubelet', port: 10250, expects: 'agent/serving-kubelet' },
        ],
      },
    ),
  );
}

type Options = { settings?: Partial<PlanSettings>; history?: History; force?: boolean };

function planFor(inventory: Inventory, { settings, history = NO_HISTORY, force }: Options = {}): RenewalPlan {
  const request = { kind: 'manual', force: force === true } as const;
  const all = { ...SETTINGS, inPlace: true, ...settings };
  const decisions = decide({
    inventory,
    policy: policyOf({ rehearse: all.rehearse }),
    history: NO_HISTORY,
    now: NOW,
    request,
  });
  return makePlan({ inventory, decisions, history, settings: all, planId: 'plan-1', now: NOW })!;
}

const kinds = ({ steps }: RenewalPlan) => steps.map(({ kind }) => kind);
function stepOf<K extends Step['kind']>(plan: RenewalPlan, kind: K) {
  return plan.steps.find((step): step is Extract<Step, { kind: K }> => step.kind === kind)!;
}

test('the plan of a server that is renewed while it runs', async () => {
  const plan = planFor(running());
  const golden = new URL('../../golden/plan-k3s-in-place.json', import.meta.url);
  const { rehearsal: _copied, ...rehearse } = stepOf(plan, 'rehearse');
  const text = `${JSON.stringify({ said: describePlan(plan).split('\n'), rehearse, steps: plan.steps.slice(1) }, null, 2)}\n`;
  if (process.env.UPDATE_GOLDEN === '1') await writeFile(golden, text);
  assert.equal(text, await readFile(golden, 'utf8'), 'run with UPDATE_GOLDEN=1 if the change is meant');
});

test('what is installed is the rehearsal’s, what is signed are the agent’s, and nothing restarts', () => {
  const plan = planFor(running());
  assert.ok(!kinds(plan).includes('restart-unit') && !kinds(plan).includes('await-listener'));
  assert.deepEqual([plan.notInPlace, plan.notRehearsed], [undefined, undefined]);
  assert.ok(!plan.certificates.includes('dynamic-cert'));
  const rehearse = stepOf(plan, 'rehearse');
  assert.deepEqual(
    [rehearse.keeps, rehearse.required, rehearse.doubtful],
    ['/var/lib/certagent/installing/plan-1', true, 'stop'],
  );
  const installed = stepOf(plan, 'install-rehearsed').leaves.map(({ id }) => id);
  const rehearsed = (rehearse.rehearsal.certificates ?? []).map(({ id }) => id);
  assert.deepEqual(
    installed.filter((id) => !rehearsed.includes(id)),
    [],
  );
  const fetch = stepOf(plan, 'fetch-leaves');
  assert.deepEqual([fetch.node, fetch.addresses, fetch.server], ['n1', ['10.0.0.5'], 'https://127.0.0.1:6443']);
  assert.deepEqual(plan.certificates, [...installed, ...fetch.leaves.map(({ expect }) => expect.id)].sort());
  assert.deepEqual(
    stepOf(plan, 'verify-served').endpoints.map(({ port }) => port),
    [6443, 6444, 10250],
  );
});

test('only certificates of the agent are due: nothing of the rehearsal is put in place', () => {
  const later = running((inventory) => ({
    ...inventory,
    certificates: inventory.certificates.map((one) =>
      one.id.startsWith('agent/') || one.owner !== 'k3s'
        ? one
        : { ...one, certificate: { ...one.certificate, notAfter: NOW + 300 * DAY } },
    ),
  }));
  assert.ok(!kinds(planFor(later)).includes('install-rehearsed'));
  const own = running((inventory) => ({
    ...inventory,
    certificates: inventory.certificates.filter(({ id }) => !id.startsWith('agent/')),
  }));
  assert.ok(!kinds(planFor(own)).includes('fetch-leaves'));
  assert.equal(stepOf(planFor(own), 'await-clients').node, null);
});

test('what K3s loads at its start alone matters only where it is renewed', () => {
  const later = (inventory: Inventory) => ({
    ...inventory,
    certificates: inventory.certificates.map((one) =>
      one.id.startsWith('agent/') ? one : { ...one, certificate: { ...one.certificate, notAfter: NOW + 300 * DAY } },
    ),
  });
  const all = (one: Inventory) => withPreconditions(withEtcd(one), { loadedAtStart: ['egress', 'registry'] });
  assert.equal(planFor(running((one) => all(later(one)))).notInPlace, undefined);
});

test('a listener on another address, and a node without a known name', () => {
  const inventory = running((one) => ({
    ...one,
    served: one.served.map((each) => ({ ...each, endpoint: { ...each.endpoint, host: 'fd00::5' } })),
  }));
  assert.deepEqual(stepOf(planFor(inventory), 'fetch-leaves').server, 'https://[fd00::5]:6443');
  const unnamed = withCertificate(inventory, 'agent/client-kubelet', { certificate: { commonName: null } });
  const without = { ...unnamed, certificates: unnamed.certificates.filter(({ id }) => id !== 'agent/serving-kubelet') };
  const nowhere = withPreconditions(without, { alsoServes: undefined as never });
  const noData = { ...nowhere, node: { ...nowhere.node, paths: { ...nowhere.node.paths, dataDir: null } } };
  const { node, addresses, ca } = stepOf(planFor(noData), 'fetch-leaves');
  assert.deepEqual([node, addresses, ca], [inventory.node.name, [], '/var/lib/rancher/k3s/agent/server-ca.crt']);
});

const aged = (id: string, left: number) => (inventory: Inventory) =>
  withCertificate(inventory, id, { certificate: { notAfter: NOW + left } });
const down = (inventory: Inventory) =>
  withPreconditions(inventory, {
    components: inventory.preconditions.components.map((one) => ({ ...one, healthy: false, detail: 'HTTP 500' })),
  });
const unhealthyUnit = (inventory: Inventory) =>
  withPreconditions(inventory, { unit: { ...inventory.preconditions.unit!, active: false, detail: 'failed' } });

const withController = (inventory: Inventory) =>
  addCertificate(inventory, 'agent/client-k3s-controller', 20, {
    owner: 'k3s',
    issuance: inventory.certificates.find(({ id }) => id === 'agent/client-kubelet')!.issuance,
  });
const withEtcd = (inventory: Inventory) =>
  withPreconditions(inventory, { rehearsal: { ...inventory.preconditions.rehearsal!, datastore: 'etcd' } });

const HINDERED: [what: string, why: RegExp, change: (inventory: Inventory) => Inventory, options?: Options][] = [
  ['an old version', /^K3s v1\.32\.4\+k3s1 does not load/, (one) => withVersion(one, 'v1.32.4+k3s1')],
  ['an unknown version', /^K3s of unknown version/, (one) => withVersion(one, null)],
  [
    'no sandbox',
    /rehearsal's, and systemd does not run here$/,
    (one) =>
      withPreconditions(one, {
        rehearsal: { ...one.preconditions.rehearsal!, unsupported: 'systemd does not run here' },
      }),
  ],
  ['no rehearsal wanted', /renew\.rehearse is "never"$/, (one) => one, { settings: { rehearse: 'never' } }],
  [
    'embedded etcd',
    /^the running K3s does not load etcd\/client again: K3s uses it to manage the members of embedded etcd$/,
    withEtcd,
  ],
  [
    'an API server that reaches kubelets through the supervisor',
    /^the running K3s does not load client-kube-apiserver again: its API server uses it to reach kubelets.*egress-selector-mode/,
    (one) => withPreconditions(one, { loadedAtStart: ['egress'] }),
  ],
  [
    'a registry that nodes share',
    /^the running K3s does not load agent\/client-k3s-controller again: the embedded registry uses it$/,
    (one) => withPreconditions(withController(one), { loadedAtStart: ['registry'] }),
  ],
  [
    'nobody knows how the API server reaches kubelets',
    /^certagent does not know how its API server reaches kubelets$/,
    (one) => withPreconditions(one, { loadedAtStart: undefined as never }),
  ],
  ['a leaf that has expired', /^client-admin has expired, and/, aged('client-admin', -HOUR)],
  ['a leaf that expires soon', /^client-admin expires within the hour/, aged('client-admin', HOUR / 2)],
  [
    'a listener that K3s has left',
    /has not renewed its listener by itself, whose certificate expires/,
    aged('dynamic-cert', 20 * DAY),
  ],
  [
    'a leaf that no start makes',
    /^only a start is known to issue client-odd again$/,
    (one) => addCertificate(one, 'client-odd', 20, { owner: 'k3s', issuance: one.certificates[0]!.issuance }),
  ],
  [
    'a missing key',
    /^only a start mends the private key of client-admin$/,
    (one) =>
      withCertificate(one, 'client-admin', {
        key: { state: 'missing', path: '/k', mode: null, readableByOthers: false },
      }),
  ],
];

for (const [what, why, change, options] of HINDERED)
  test(`a restart, and the plan says why: ${what}`, () => {
    const plan = planFor(running(change), options);
    assert.match(plan.notInPlace!, why);
    assert.ok(kinds(plan).includes('restart-unit'));
    assert.ok(plan.steps.every((step) => step.kind !== 'rehearse' || step.keeps === undefined));
  });

test('a listener that entered its window an hour ago is left to K3s', () => {
  const plan = planFor(running(aged('dynamic-cert', 120 * DAY - HOUR)));
  assert.equal(plan.notInPlace, undefined);
  assert.ok(!plan.certificates.includes('dynamic-cert'));
});

test('what a person forces, broken leaves and a K3s that does not work need a start', () => {
  const decisions = (renewal: object) =>
    ({ at: NOW, certificates: [], renewal: { kind: 'now', ids: ['client-admin'], why: '', ...renewal } }) as never;
  const settings = { ...SETTINGS, inPlace: true };
  const why = (inventory: Inventory, renewal: object = {}) =>
    makePlan({ inventory, decisions: decisions(renewal), settings, planId: 'p', now: NOW })?.notInPlace;
  assert.match(why(running(), { rotates: true })!, /^only a start issues certificates again that are not due$/);
  const leaf = { id: 'x', path: '/x.crt', keyPath: '/x.key', caPath: null };
  assert.match(why(running(), { heals: [leaf] })!, /^only a start issues broken certificates again$/);
  assert.match(why(running(down))!, /^K3s does not work now: HTTP 500$/);
  assert.match(why(running(unhealthyUnit))!, /^K3s does not work now: failed$/);
  assert.match(why(withPreconditions(running(), { unit: null }))!, /^K3s does not work now: its unit is not known$/);
  assert.match(why(running(), { ids: [] })!, /^the running K3s has not renewed its listener by itself$/);
  assert.match(why(running(), { ids: ['dynamic-cert'] })!, /^the running K3s has not renewed its listener by itself$/);
});

test('nobody wants it, or the distribution cannot: a restart, and no word about it', () => {
  assert.equal(planFor(running(), { settings: { inPlace: false } }).notInPlace, undefined);
  assert.equal(planFor(inventoryOf('rke2-server', { days: 20 })).notInPlace, undefined);
});

const attempt = (change: Partial<Attempt>): Attempt => ({
  planId: 'p',
  startedAt: NOW - DAY,
  endedAt: NOW - DAY,
  result: 'rolled-back',
  trigger: 'schedule',
  inPlace: true,
  error: { code: 'CLIENTS_STAY_OLD', message: '' },
  granted: [],
  ...change,
});

test('what has failed is not tried again before a renewal has succeeded', () => {
  const why = (...attempts: Attempt[]) => failedInPlace({ attempts });
  assert.match(why(attempt({}))!, /^that failed without a restart on .* \(CLIENTS_STAY_OLD\)$/);
  assert.match(why(attempt({ error: null }))!, /\(UNKNOWN\)$/);
  assert.equal(why(attempt({}), attempt({ result: 'succeeded', inPlace: undefined as never })), null);
  assert.equal(why(attempt({ inPlace: undefined as never })), null);
  assert.equal(why(attempt({ result: 'unfinished' })), null);
  for (const code of ['INTERRUPTED', 'PRECONDITION_LOST', 'REHEARSAL_FAILED'])
    assert.equal(why(attempt({ error: { code, message: '' } })), null, code);
  assert.equal(failedInPlace(undefined), null);
  const plan = planFor(running(), { history: { attempts: [attempt({})] } });
  assert.match(plan.notInPlace!, /^that failed without a restart/);
});
