import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decide } from '../../../src/domain/decide/decide.ts';
import type { KubeadmApiServer } from '../../../src/domain/model/api-server-facts.ts';
import type { Inventory } from '../../../src/domain/model/inventory.ts';
import { additionTo } from '../../../src/domain/names/added-names.ts';
import { describePlan } from '../../../src/domain/plan/describe.ts';
import { makePlan } from '../../../src/domain/plan/planner.ts';
import {
  inventoryOf,
  NO_HISTORY,
  NOW,
  policyOf,
  SETTINGS,
  withCertificate,
  withPreconditions,
} from '../../support/inventory.ts';
import { CONFIG, IN_CLUSTER, kubeadmWith } from './names-parts.ts';

const advertiseAddress = '10.0.0.5';
const ADDED = ['IP:10.0.0.5', 'DNS:lb.example.org', 'DNS:api.example.org', 'IP:10.0.0.9'];

/** A renewal that a person asks for now. */
function planOf(inventory: Inventory, sans = true) {
  const common = { inventory, now: NOW };
  const request = { kind: 'manual', force: true } as const;
  const decisions = decide({ ...common, policy: policyOf(), history: NO_HISTORY, request });
  const plan = makePlan({ ...common, decisions, settings: { ...SETTINGS, sans }, planId: 'p' });
  assert.ok(plan);
  return plan;
}

test('what a renewal adds to the certificate of the API server', () => {
  const node = kubeadmWith({ config: CONFIG, advertiseAddress, serviceRange: '10.96.0.0/12' });
  assert.deepEqual(additionTo(node), {
    observed: node.certificates.find(({ id }) => id === 'apiserver'),
    missing: ['IP:10.96.0.1', ...ADDED],
    why: null,
    added: ['IP:10.96.0.1', ...ADDED],
    config: CONFIG.path,
    version: 'v1.36.3',
    node: 'node-1',
    advertiseAddress,
    serviceRange: '10.96.0.0/12',
  });
});

test('kubeadm makes more names than are missing: those that a wildcard covers, the node’s own, loopback', () => {
  const config = { ...CONFIG, certSANs: ['127.0.0.1', 'new.example'] };
  const sans = [...IN_CLUSTER, 'DNS:*.example.org', 'IP:10.0.0.5'];
  const node = withCertificate(kubeadmWith({ config, advertiseAddress }), 'apiserver', { certificate: { sans } });
  const addition = additionTo(node);
  assert.ok(addition?.why === null);
  assert.deepEqual(addition.missing, ['DNS:kubernetes.default.svc.corp.example', 'DNS:new.example']);
  const anyway = [
    'DNS:kubernetes.default.svc.corp.example',
    'DNS:lb.example.org',
    'IP:127.0.0.1',
    'DNS:new.example',
    'DNS:node-1',
  ];
  assert.deepEqual(addition.added, anyway);
});

test('nothing is added where nothing is missing', () => {
  const node = kubeadmWith({ config: CONFIG, advertiseAddress });
  const all = [...IN_CLUSTER, ...ADDED, 'DNS:kubernetes.default.svc.corp.example'];
  for (const complete of [
    inventoryOf('kubeadm'),
    inventoryOf('k3s-server'),
    withCertificate(node, 'apiserver', { certificate: { sans: all } }),
    withPreconditions(inventoryOf('k3s-server'), {
      apiServer: { by: 'supervisor', certificates: ['dynamic-cert'], named: [{ value: 'lb', option: 'tls-san' }] },
    }),
  ])
    assert.equal(additionTo(complete), null);
});

test('why a renewal cannot add them', () => {
  const why = (change: Partial<KubeadmApiServer>, changed = (node: Inventory) => node) =>
    additionTo(changed(kubeadmWith({ config: CONFIG, advertiseAddress, ...change })))?.why;
  const kubelet = (commonName: string | null) => (node: Inventory) =>
    withCertificate(node, 'kubelet-client', { certificate: { commonName } });
  const tool = (version: string | null) => (node: Inventory) =>
    withPreconditions(node, { tool: { path: '/k', version } });
  const cases: [string | null | undefined, RegExp][] = [
    [why({ config: null }), /kubeadm_config does not name/],
    [why({ config: { path: '/k.yaml', problem: 'is empty' } }), /^\/k\.yaml \(renew\.kubeadm_config\) is empty$/],
    [why({ advertiseAddress: null, serviceRange: '10.96.0.0/12' }), /does not say --advertise-address/],
    [why({}, (node) => withPreconditions(node, { tool: null })), /version of kubeadm is not known/],
    [why({}, tool(null)), /version of kubeadm is not known/],
    [why({}, kubelet('system:node:$(reboot)')), /which node this is/],
    [why({}, kubelet(null)), /which node this is/],
    [
      why({}, (node) => ({ ...node, certificates: node.certificates.filter(({ id }) => id !== 'kubelet-client') })),
      /which node/,
    ],
    [
      why({}, (node) => withCertificate(node, 'apiserver', { certificate: { sans: ['URI:spiffe://x'] } })),
      /a name that kubeadm cannot make: URI:spiffe/,
    ],
  ];
  for (const [said, expected] of cases) assert.match(said ?? '', expected);
});

test('the plan makes the certificate before it renews the others, and says what it adds', () => {
  const node = kubeadmWith({ config: CONFIG, advertiseAddress });
  const text = describePlan(planOf(node)).split('\n');
  assert.match(text[1]!, /1\. back up/);
  assert.equal(
    text[2]!.trim(),
    '2. make /etc/kubernetes/pki/apiserver.crt with kubeadm init phase certs apiserver and /etc/kubernetes/kubeadm.yaml, adds names: IP:10.0.0.5, DNS:lb.example.org, DNS:api.example.org, IP:10.0.0.9',
  );
  const kinds = planOf(node).steps.map(({ kind }) => kind);
  assert.ok(kinds.indexOf('add-names') < kinds.indexOf('kubeadm-renew'));
  const isAdded = (plan: ReturnType<typeof planOf>) => plan.steps.some(({ kind }) => kind === 'add-names');
  assert.deepEqual([isAdded(planOf(node, false)), planOf(node, false).warnings], [false, undefined]);
});

test('a plan that cannot add them says why', () => {
  const { steps, warnings } = planOf(kubeadmWith({ advertiseAddress }));
  assert.ok(!steps.some(({ kind }) => kind === 'add-names'));
  assert.deepEqual(warnings, [
    "renew.sans cannot add IP:10.0.0.5 to /etc/kubernetes/pki/apiserver.crt: renew.kubeadm_config does not name the cluster's kubeadm configuration file.",
  ]);
});

test('a plan that does not renew the certificate of the API server adds nothing to it', () => {
  const external = kubeadmWith({ config: CONFIG, advertiseAddress }, 'kubeadm-external-ca');
  const { steps, warnings } = planOf(external);
  assert.deepEqual([steps.filter(({ kind }) => kind === 'add-names'), warnings], [[], undefined]);
});

test('whatever the files say, no name of the certificate is lost, and every missing one is added', () => {
  const host = fc.constantFrom(
    'lb.example.org',
    'API.example.org',
    '10.0.0.7',
    'fd00::7',
    '*.example.org',
    'bad name',
    '127.0.0.1',
    '',
  );
  const old = fc.constantFrom(
    'DNS:old.example',
    'IP:10.1.1.1',
    'DNS:lb.example.org',
    'IP:FD00:0:0:0:0:0:0:7',
    'DNS:*.example.org',
  );
  fc.assert(
    fc.property(fc.array(host), fc.option(host), fc.array(old), (certSANs, controlPlaneEndpoint, sans) => {
      const config = { ...CONFIG, certSANs, controlPlaneEndpoint };
      const node = withCertificate(kubeadmWith({ config, advertiseAddress }), 'apiserver', { certificate: { sans } });
      const [step] = planOf(node).steps.filter((one) => one.kind === 'add-names');
      const expected = step?.expect.old?.sans ?? [];
      const addition = additionTo(node);
      assert.ok(addition?.why === null);
      assert.deepEqual(expected.slice(0, sans.length), sans);
      assert.deepEqual(expected.slice(sans.length), step?.names);
      for (const san of addition.missing) assert.ok(expected.includes(san), san);
      assert.equal(additionTo(withCertificate(node, 'apiserver', { certificate: { sans: expected } })), null);
    }),
  );
});
