import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CycleStep, Expectation, Step } from '../../../src/domain/model/plan.ts';
import { describePlan, describeStep } from '../../../src/domain/plan/describe.ts';

const cycle: CycleStep = {
  kind: 'cycle',
  component: 'etcd',
  manifest: '/etc/kubernetes/manifests/etcd.yaml',
  method: 'annotate',
  processArguments: [],
  health: null,
  limit: 360_000,
};
const expect: Expectation = { id: 'apiserver', path: '/a.crt', keyPath: '/a.key', caPath: null, old: null };
const endpoint = { name: 'etcd', host: '127.0.0.1', port: 2379, expects: 'etcd-server', path: '/e.crt' } as const;

const table: [Step, string][] = [
  [{ kind: 'backup', directory: '/b/1', files: ['/a'], directories: [] }, 'back up 1 file to /b/1'],
  [{ kind: 'backup', directory: '/b/1', files: ['/a', '/b'], directories: ['/tls'] }, 'back up 2 files, /tls to /b/1'],
  [
    {
      kind: 'kubeadm-renew',
      name: 'apiserver',
      argv: ['certs', 'renew', 'apiserver'],
      writes: [],
      expect,
      limit: 120_000,
    },
    'kubeadm certs renew apiserver',
  ],
  [{ kind: 'verify-files', expect: [expect] }, 'verify apiserver on disk'],
  [{ kind: 'verify-files', expect: [expect, expect] }, 'verify 2 certificates on disk'],
  [cycle, 'cycle etcd by an annotation in /etc/kubernetes/manifests/etcd.yaml'],
  [{ ...cycle, method: 'move' }, 'cycle etcd by moving /etc/kubernetes/manifests/etcd.yaml out and back'],
  [
    { kind: 'cycle-unless-served', endpoints: [endpoint], patience: 10_000, cycle },
    'ask etcd (2379) what is served; unless it is the new certificate within 10 s: cycle etcd by an annotation in /etc/kubernetes/manifests/etcd.yaml',
  ],
  [{ kind: 'verify-served', endpoints: [endpoint], limit: 1 }, 'verify what etcd (2379) serves'],
  [
    { kind: 'verify-served', endpoints: [endpoint, { ...endpoint, name: 'etcd-peer', port: 2380 }], limit: 1 },
    'verify what etcd (2379), etcd-peer (2380) serve',
  ],
  [{ kind: 'restart-unit', unit: 'k3s', limit: 1 }, 'systemctl restart k3s'],
  [
    { kind: 'await-ready', unit: 'k3s', health: null, kubeconfig: null, limit: 300_000 },
    'wait for k3s to be ready, at most 5 min',
  ],
  [
    { kind: 'await-listener', endpoint: { ...endpoint, name: 'k3s', port: 6443 }, expect, limit: 180_000 },
    'connect to 127.0.0.1:6443 until its own certificate is new, at most 3 min',
  ],
];

for (const [step, said] of table) test(`a step is told: ${said}`, () => assert.equal(describeStep(step), said));

test('a plan is told with its steps numbered', () => {
  const plan = {
    id: 'p',
    createdAt: 0,
    distribution: 'k3s' as const,
    certificates: ['client-admin'],
    why: 'client-admin ends in 20 d',
    oldExpired: false,
    steps: table.slice(0, 10).map(([step]) => step),
  };
  const lines = describePlan(plan).split('\n');
  assert.equal(lines[0], 'Renew 1 certificate of k3s: client-admin ends in 20 d');
  assert.equal(lines[1], '   1. back up 1 file to /b/1');
  assert.equal(lines[10], '  10. verify what etcd (2379), etcd-peer (2380) serve');
});
