import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import fc from 'fast-check';
import { decide } from '../../../src/domain/decide/decide.ts';
import type { Decisions } from '../../../src/domain/model/decision.ts';
import { CertagentError } from '../../../src/domain/model/errors.ts';
import type { Inventory } from '../../../src/domain/model/inventory.ts';
import type { RenewalPlan, Step } from '../../../src/domain/model/plan.ts';
import { describePlan } from '../../../src/domain/plan/describe.ts';
import { makePlan, type PlanSettings } from '../../../src/domain/plan/planner.ts';
import {
  addCertificate,
  inventoryOf,
  NO_HISTORY,
  NODE_KINDS,
  NOW,
  policyOf,
  RENEWED_KINDS,
  SETTINGS,
  withCertificate,
  withPreconditions,
} from '../../support/inventory.ts';
import { identity, neighbour } from '../../support/parts.ts';

function planFor(inventory: Inventory, settings: Partial<PlanSettings> = {}, force = false): RenewalPlan | null {
  const request = force ? ({ kind: 'manual', force } as const) : ({ kind: 'schedule' } as const);
  const decisions = decide({ inventory, policy: policyOf(), history: NO_HISTORY, now: NOW, request });
  return makePlan({ inventory, decisions, settings: { ...SETTINGS, ...settings }, planId: 'plan-1', now: NOW });
}

/** The plan for decisions that ignore the blockers. */
function planOf(inventory: Inventory, id: string): RenewalPlan {
  const decisions: Decisions = { at: NOW, certificates: [], renewal: { kind: 'now', ids: [id], why: '' } };
  return makePlan({ inventory, decisions, settings: SETTINGS, planId: 'p', now: NOW })!;
}

const kinds = (plan: RenewalPlan) => plan.steps.map(({ kind }) => kind);
function stepsOf<K extends Step['kind']>(plan: RenewalPlan, kind: K) {
  return plan.steps.filter((step): step is Extract<Step, { kind: K }> => step.kind === kind);
}

for (const kind of RENEWED_KINDS) {
  test(`the plan of a node whose certificates are urgent: ${kind}`, async () => {
    const plan = planFor(inventoryOf(kind, { days: 20 }))!;
    const golden = new URL(`../../golden/plan-${kind}.json`, import.meta.url);
    const text = `${JSON.stringify({ said: describePlan(plan).split('\n'), plan }, null, 2)}\n`;
    if (process.env.UPDATE_GOLDEN === '1') await writeFile(golden, text);
    assert.equal(text, await readFile(golden, 'utf8'), 'run with UPDATE_GOLDEN=1 if the change is meant');
  });
}

test('nothing to renew now: no plan', () => {
  assert.equal(planFor(inventoryOf('kubeadm-worker', { days: 20 })), null);
  assert.equal(planFor(inventoryOf('kubeadm', { days: 60 })), null);
  assert.equal(planFor(withPreconditions(inventoryOf('kubeadm', { days: 20 }), { tool: null })), null);
});

test('an unknown node: no plan', () => {
  const inventory = inventoryOf('kubeadm', { days: 20 });
  const decisions: Decisions = { at: NOW, certificates: [], renewal: { kind: 'now', ids: ['apiserver'], why: '' } };
  const unknown = { ...inventory, node: { ...inventory.node, distribution: null } };
  assert.equal(makePlan({ inventory: unknown, decisions, settings: SETTINGS, planId: 'p', now: NOW }), null);
});

test('kubeadm: by name, in its own order, each with the files that it overwrites', () => {
  const renewals = stepsOf(planFor(inventoryOf('kubeadm', { days: 20 }))!, 'kubeadm-renew');
  assert.deepEqual(
    renewals.map(({ argv }) => argv.join(' ')),
    [...renewals.map(({ name }) => name)].sort().map((name) => `certs renew ${name}`),
  );
  const of = (name: string) => renewals.find((step) => step.name === name)!;
  assert.deepEqual(of('etcd-server').writes, [
    '/etc/kubernetes/pki/etcd/server.key',
    '/etc/kubernetes/pki/etcd/server.crt',
  ]);
  assert.deepEqual(of('admin.conf').writes, ['/etc/kubernetes/admin.conf']);
  assert.equal(of('etcd-server').expect.caPath, '/etc/kubernetes/pki/etcd/ca.crt');
});

test('kubeadm gets its configuration and a moved certificate directory as options', () => {
  const argv = (inventory: Inventory, settings: Partial<PlanSettings> = {}) =>
    stepsOf(planFor(inventory, settings)!, 'kubeadm-renew')[0]!.argv.join(' ');
  const node = inventoryOf('kubeadm', { days: 20 });
  const moved = { ...node, node: { ...node.node, paths: { ...node.node.paths, certificatesDir: '/srv/pki' } } };
  assert.equal(argv(node, { kubeadmConfig: '/k.yaml' }), 'certs renew admin.conf --config /k.yaml');
  assert.equal(argv(moved), 'certs renew admin.conf --cert-dir /srv/pki');
  const tool = (version: string) => withPreconditions(node, { tool: { path: '/usr/bin/kubeadm', version } });
  assert.equal(argv(tool('v1.19.16')), 'alpha certs renew admin.conf');
  assert.equal(argv(tool('v1.20.0')), 'certs renew admin.conf');
  assert.equal(argv(tool('unheard of')), 'certs renew admin.conf');
});

test('etcd is asked before it is cycled, and left alone when nothing of it is renewed', () => {
  const local = planFor(inventoryOf('kubeadm', { days: 20 }))!;
  assert.deepEqual(
    stepsOf(local, 'cycle-unless-served')
      .filter(({ cycle }) => cycle.component === 'etcd')
      .map(({ endpoints }) => endpoints.map(({ path, client }) => [path, client])),
    [
      [
        [
          '/etc/kubernetes/pki/etcd/server.crt',
          {
            certificatePath: '/etc/kubernetes/pki/etcd/healthcheck-client.crt',
            keyPath: '/etc/kubernetes/pki/etcd/healthcheck-client.key',
          },
        ],
        [
          '/etc/kubernetes/pki/etcd/peer.crt',
          { certificatePath: '/etc/kubernetes/pki/etcd/peer.crt', keyPath: '/etc/kubernetes/pki/etcd/peer.key' },
        ],
      ],
    ],
  );
  const external = planFor(inventoryOf('kubeadm-external-etcd', { days: 20 }))!;
  assert.deepEqual(
    stepsOf(external, 'cycle-unless-served').map(({ cycle }) => cycle.component),
    ['kube-apiserver'],
  );
  const silent = planFor({ ...inventoryOf('kubeadm', { days: 20 }), served: [] })!;
  assert.deepEqual(
    stepsOf(silent, 'cycle').map(({ component }) => component),
    ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'],
  );
  assert.ok(!kinds(silent).includes('verify-served'));
});

test('an endpoint whose certificate is not known is not compared with any file', () => {
  const inventory = inventoryOf('kubeadm', { days: 20 });
  const endpoint = { name: 'kube-apiserver', host: '127.0.0.1', port: 6443, expects: 'nobody' } as const;
  const plan = planFor({ ...inventory, served: [{ endpoint, state: 'unreachable', detail: '' }] })!;
  assert.ok(!kinds(plan).includes('verify-served'));
});

test('the method of cycling is the configured one', () => {
  const plan = planFor(inventoryOf('kubeadm', { days: 20 }), { cycle: 'move' })!;
  assert.ok(stepsOf(plan, 'cycle').every(({ method }) => method === 'move'));
});

test('a backup holds what is there: a missing key is left out, a file with no key of its own counts once', () => {
  const node = inventoryOf('k3s-agent', { days: 20 });
  const key = { state: 'missing', path: '/gone.key', mode: null, readableByOthers: false } as const;
  const plan = planFor(withCertificate(node, 'agent/client-kubelet', { key }))!;
  assert.deepEqual(stepsOf(plan, 'backup')[0]!.files, [
    '/var/lib/rancher/k3s/agent/client-kube-proxy.crt',
    '/var/lib/rancher/k3s/agent/client-kube-proxy.key',
    '/var/lib/rancher/k3s/agent/client-kubelet.crt',
    '/var/lib/rancher/k3s/agent/serving-kubelet.crt',
    '/var/lib/rancher/k3s/agent/serving-kubelet.key',
  ]);
});

test('kubeadm: the kubeconfig of the kubelet, which kubeadm does not touch, is not backed up', () => {
  const place = {
    kind: 'kubeconfig',
    path: '/etc/kubernetes/kubelet.conf',
    entry: 'cluster',
    name: 'c',
    index: 0,
  } as const;
  const node = addCertificate(inventoryOf('kubeadm', { days: 20 }), 'kubelet.conf/cluster/c', 900, {
    owner: 'cluster-ca',
    key: { state: 'not-expected' },
    place,
  });
  assert.ok(!stepsOf(planFor(node)!, 'backup')[0]!.files.includes(place.path));
});

test('an expectation without a key or a known CA', () => {
  const node = inventoryOf('kubeadm', { days: 20 });
  const bare = withCertificate(node, 'apiserver', {
    key: { state: 'not-expected' },
    issuance: { ca: null, state: 'unknown', caNotAfter: null },
  });
  const { expect } = stepsOf(planFor(bare)!, 'kubeadm-renew').find(({ name }) => name === 'apiserver')!;
  assert.equal(expect.keyPath, expect.path);
  assert.equal(expect.caPath, null);
});

test('K3s: an expired listener is made again by the start, on every version; a valid one is left alone', () => {
  const due = inventoryOf('k3s-server', { days: 20 });
  const expired = withCertificate(due, 'dynamic-cert', { certificate: { notAfter: NOW - 1 } });
  const path = '/var/lib/rancher/k3s/server/tls/dynamic-cert-regenerate';
  assert.ok(!kinds(planFor(due)!).includes('regenerate-listener'));
  const plan = planFor(expired)!;
  assert.deepEqual(kinds(plan).slice(0, 3), ['backup', 'regenerate-listener', 'restart-unit']);
  assert.equal(stepsOf(plan, 'regenerate-listener')[0]!.path, path);
  assert.ok(stepsOf(plan, 'backup')[0]!.files.includes(path), 'the undo knows that it was not there');
});

test('K3s: what a restart would not renew is removed by the tool between stop and start', () => {
  const fresh = inventoryOf('k3s-server');
  const request = { kind: 'manual', force: true } as const;
  const decisions = decide({ inventory: fresh, policy: policyOf(), history: NO_HISTORY, now: NOW, request });
  const plan = makePlan({
    inventory: fresh,
    decisions,
    history: NO_HISTORY,
    settings: SETTINGS,
    planId: 'p',
    now: NOW,
  })!;
  assert.deepEqual(kinds(plan), [
    ...['backup', 'stop-unit', 'rotate-leaves', 'restart-unit', 'await-ready', 'verify-files', 'verify-served'],
  ]);
  const [rotate] = stepsOf(plan, 'rotate-leaves');
  assert.deepEqual(rotate!.argv, ['certificate', 'rotate', '--data-dir', '/var/lib/rancher/k3s']);
  assert.equal(rotate!.server, '/var/lib/rancher/k3s/server');
  const tls = '/var/lib/rancher/k3s/server/tls';
  for (const file of ['client-admin.crt', 'client-admin.key', 'dynamic-cert-regenerate'])
    assert.ok(rotate!.writes.includes(`${tls}/${file}`), file);
  assert.ok(rotate!.writes.includes('/var/lib/rancher/k3s/agent/client-kubelet.crt'));
  assert.ok(rotate!.writes.every((file) => !/-ca\.|dynamic-cert\.json|k3s\.yaml/.test(file)));
  const [backup] = stepsOf(plan, 'backup');
  assert.ok(backup!.files.includes(`${tls}/dynamic-cert-regenerate`), 'the undo knows that it was not there');
  assert.match(plan.warnings?.join() ?? '', /tls-<unixtime>\. Remove it/);
  assert.equal(planFor(inventoryOf('k3s-server', { days: 20 }))!.warnings, undefined);
});

test('K3s: the listener is waited for only when a restart renews it', () => {
  const late = withCertificate(inventoryOf('k3s-server', { days: 20 }), 'dynamic-cert', {
    certificate: { notAfter: NOW + 300 * 86_400_000 },
  });
  assert.deepEqual(kinds(planFor(late)!), ['backup', 'restart-unit', 'await-ready', 'verify-files', 'verify-served']);
  const [ready] = stepsOf(planFor({ ...late, served: [] })!, 'await-ready');
  assert.deepEqual([ready!.health, ready!.kubeconfig], [null, null]);
});

test('K3s: without a kubeconfig of the administrator the supervisor’s own is used', () => {
  const due = inventoryOf('k3s-server', { days: 20 });
  const removed = { ...due, certificates: due.certificates.filter(({ id }) => id !== 'k3s.yaml') };
  const kubeconfig = (inventory: Inventory) => stepsOf(planFor(inventory)!, 'await-ready')[0]!.kubeconfig;
  assert.equal(kubeconfig(due), '/etc/rancher/k3s/k3s.yaml');
  assert.equal(kubeconfig(removed), '/var/lib/rancher/k3s/server/cred/admin.kubeconfig');
});

test('K3s: what the scheduler serves is waited for where it answered before the restart', () => {
  const due = inventoryOf('k3s-server', { days: 20 });
  const scheduler = {
    ...due.served[0]!.endpoint,
    name: 'kube-scheduler',
    port: 10259,
    expects: 'client-admin',
  } as const;
  const names = (one: Inventory['served'][number]) =>
    stepsOf(planFor({ ...due, served: [...due.served, one] })!, 'verify-served')[0]!.endpoints.map(({ name }) => name);
  assert.deepEqual(names({ ...due.served[0]!, endpoint: scheduler }), ['k3s', 'kube-scheduler']);
  assert.deepEqual(names({ endpoint: scheduler, state: 'unreachable', detail: '' }), ['k3s']);
});

test('a server without a kube-apiserver: its supervisor is asked, as it was when it was observed', () => {
  const due = inventoryOf('rke2-server', { days: 20 });
  const health = { scheme: 'https', host: '127.0.0.1', port: 9345, path: '/ping' } as const;
  const components = due.preconditions.components.map((one) => ({ ...one, health }));
  const served = due.served.filter(({ endpoint }) => endpoint.name !== 'kube-apiserver');
  const ready = stepsOf(planFor(withPreconditions({ ...due, served }, { components }))!, 'await-ready')[0]!;
  assert.deepEqual([ready.health, ready.kubeconfig], [health, null]);
});

test('RKE2: its start has time for half an hour, or for longer where the operator says so; static pods must be new', () => {
  const due = inventoryOf('rke2-server', { days: 20 });
  const limitsOf = (inventory: Inventory, restart: number) => {
    const plan = planFor(inventory, { limits: { ...SETTINGS.limits, restart } })!;
    return [...stepsOf(plan, 'restart-unit'), ...stepsOf(plan, 'await-ready'), ...stepsOf(plan, 'await-pods')].map(
      ({ limit }) => limit / 60_000,
    );
  };
  assert.deepEqual(limitsOf(due, 300_000), [35, 35]);
  assert.deepEqual(limitsOf(inventoryOf('rke2-agent', { days: 20 }), 300_000), [5, 5]);
  assert.deepEqual(limitsOf(inventoryOf('k3s-server', { days: 20 }), 300_000), [5, 5]);
  const pod = (component: 'etcd' | 'kube-scheduler' | 'kube-controller-manager') => ({
    component,
    processArguments: ['--x'],
    pod: identity(component),
  });
  const unitPods = [pod('etcd'), pod('kube-scheduler'), pod('kube-controller-manager')];
  const running = withPreconditions(due, { unitPods });
  assert.deepEqual(limitsOf(running, 3_600_000), [60, 60, 60]);
  const [awaited] = stepsOf(planFor(running)!, 'await-pods');
  assert.deepEqual(
    awaited!.pods.map(({ component, loads }) => [component, loads]),
    [
      ['kube-scheduler', ['/var/lib/rancher/rke2/server/tls/client-scheduler.crt']],
      ['kube-controller-manager', ['/var/lib/rancher/rke2/server/tls/client-controller.crt']],
    ],
    'etcd shows what it has loaded',
  );
  const late = withCertificate(running, 'client-scheduler', { certificate: { notAfter: NOW + 300 * 86_400_000 } });
  const [only] = stepsOf(planFor(late)!, 'await-pods');
  assert.deepEqual(
    only!.pods.map(({ component }) => component),
    ['kube-controller-manager'],
  );
});

test('RKE2: readiness is asked of its kube-apiserver, the listener that is waited for is its supervisor’s', () => {
  const plan = planFor(inventoryOf('rke2-server', { days: 20 }))!;
  assert.equal(stepsOf(plan, 'await-ready')[0]!.health?.port, 6443);
  assert.equal(stepsOf(plan, 'await-listener')[0]!.endpoint.port, 9345);
  const served = stepsOf(plan, 'verify-served')[0]!.endpoints.map(({ name, expects }) => `${name} ${expects}`);
  assert.deepEqual(served, ['kube-apiserver serving-kube-apiserver', 'rke2-supervisor dynamic-cert']);
});

test('K3s: a plan made in spite of an unknown unit restarts the one named like the program', () => {
  const inventory = withPreconditions(inventoryOf('k3s-server', { days: 20 }), { unit: null });
  const plan = planOf(inventory, 'client-admin');
  assert.equal(stepsOf(plan, 'restart-unit')[0]!.unit, 'k3s');
});

test('kubeadm: a plan made in spite of an unknown version uses the command of today', () => {
  const inventory = withPreconditions(inventoryOf('kubeadm', { days: 20 }), { tool: null });
  assert.deepEqual(stepsOf(planOf(inventory, 'apiserver'), 'kubeadm-renew')[0]!.argv, ['certs', 'renew', 'apiserver']);
});

test('old certificates count as expired when a component needed one of them', () => {
  const node = inventoryOf('kubeadm', { days: 20 });
  const expired = (id: string) => withCertificate(node, id, { certificate: { notAfter: NOW - 1 } });
  assert.equal(planFor(node)!.oldExpired, false);
  assert.equal(planFor(expired('apiserver'))!.oldExpired, true);
  assert.equal(planFor(expired('admin.conf'))!.oldExpired, false);
});

test('whatever the directories, no backup is made where the kubelet would run it', () => {
  const directory = fc.constantFrom('/', '/var', '/var/lib/certagent', '/var/lib/certagent/backups', '/etc/kubernetes');
  fc.assert(
    fc.property(directory, directory, fc.constantFrom('', '/'), (manifestsDir, backups, slash) => {
      const made = inventoryOf('kubeadm', { days: 20 });
      const paths = { ...made.node.paths, manifestsDir: manifestsDir + (manifestsDir === '/' ? '' : slash) };
      const inventory = { ...made, node: { ...made.node, paths } };
      const base = backups === '/' ? '' : backups;
      try {
        const { directory } = stepsOf(planFor(inventory, { backups: base })!, 'backup')[0]!;
        assert.ok(
          !`${directory}/`.startsWith(manifestsDir === '/' ? '/' : `${manifestsDir}/`),
          `${directory} in ${manifestsDir}`,
        );
      } catch (error) {
        assert.ok(error instanceof CertagentError && error.code === 'BACKUP_IN_MANIFESTS', String(error));
        assert.ok(`${base}/plan-1/`.startsWith(manifestsDir === '/' ? '/' : `${manifestsDir}/`));
      }
    }),
  );
});

test('every plan backs up all it overwrites before it does, and verifies all it renews', () => {
  fc.assert(
    fc.property(fc.constantFrom(...NODE_KINDS), fc.boolean(), fc.boolean(), (kind, extra, force) => {
      const node = inventoryOf(kind, { days: force ? 100 : 20 });
      const plan = planFor(extra ? addCertificate(node, 'ingress', 20) : node, {}, force);
      if (plan === null) return;
      const [first, ...rest] = plan.steps;
      assert.ok(first?.kind === 'backup' && !rest.some((step) => step.kind === 'backup'));
      const saved = (path: string) =>
        first.files.includes(path) || first.directories.some((directory) => path.startsWith(`${directory}/`));
      const verified = rest.flatMap((step) =>
        step.kind === 'verify-files' ? step.expect : step.kind === 'await-listener' ? [step.expect] : [],
      );
      assert.deepEqual(verified.map(({ id }) => id).sort(), [...plan.certificates].sort());
      for (const { path, keyPath } of verified) assert.ok(saved(path) && saved(keyPath), path);
      for (const step of rest)
        if (step.kind === 'cycle') assert.ok(saved(step.manifest));
        else if (step.kind === 'kubeadm-renew') assert.ok(step.writes.every(saved));
    }),
  );
});

const MOUNTS: [mount: string, isNamed: boolean][] = [
  ['/etc/kubernetes/admin.conf', true],
  ['/etc/kubernetes', true],
  ['/', false],
  ['/etc', false],
  ['/etc/kubernetes/pki/', true],
  ['/etc/kubernetes/admin', false],
  ['/etc/ssl', false],
];
for (const [mount, isNamed] of MOUNTS)
  test(`the plan ${isNamed ? 'names' : 'does not name'} another static pod that mounts ${mount}`, () => {
    const neighbours = [neighbour({ pod: 'kube-vip', manifest: '/m/kube-vip.yaml', mounts: [mount] })];
    const plan = planFor(withPreconditions(inventoryOf('kubeadm', { days: 20 }), { neighbours }))!;
    assert.deepEqual(plan.neighbours, isNamed ? [`kube-vip (/m/kube-vip.yaml), which mounts ${mount}`] : undefined);
  });
