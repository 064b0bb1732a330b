import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Step } from '../../../src/domain/model/plan.ts';
import type { Rehearsal } from '../../../src/domain/model/rehearsal.ts';
import { describePlan, describeStep } from '../../../src/domain/plan/describe.ts';
import { cycle, endpoint, expect, steps } from './step-parts.ts';

const SERVER: Rehearsal = {
  kind: 'start',
  unit: 'k3s',
  program: 'k3s',
  dataDir: '/k',
  configDir: '/etc/k3s',
  kubeconfig: '/etc/k3s/k3s.yaml',
  datastore: 'sqlite',
  health: { scheme: 'https', host: '127.0.0.1', port: 6443, path: '/readyz' },
  settle: 6_000,
  listener: { host: '127.0.0.1', port: 6443, path: '/k/dynamic-cert.json', expect: null },
  trigger: null,
  remove: [],
  authorities: [],
  certificates: [],
  limit: 1,
  memory: 1,
};

const table: [Step, string][] = [
  [steps.backup, 'back up 1 file to /b/1'],
  [{ ...steps.backup, files: ['/a', '/b'], directories: ['/tls'] }, 'back up 2 files, /tls to /b/1'],
  [steps['kubeadm-renew'], 'kubeadm certs renew apiserver'],
  [steps['verify-files'], 'verify apiserver on disk'],
  [{ kind: 'verify-files', expect: [expect, expect] }, 'verify 2 certificates on disk'],
  [cycle, 'restart etcd by an annotation in /etc/kubernetes/manifests/etcd.yaml'],
  [{ ...cycle, method: 'signal' }, 'restart etcd by a signal to its process (SIGTERM)'],
  [
    { ...cycle, method: 'signal', killAfter: 5_000 },
    'restart etcd by a signal to its process (SIGTERM, then SIGKILL after 5 s)',
  ],
  [{ ...cycle, method: 'move' }, 'restart etcd by moving /etc/kubernetes/manifests/etcd.yaml out and back'],
  [
    steps['cycle-unless-served'],
    'wait until etcd (2379) serves the new certificate; if not within 10 s, restart etcd by an annotation in /etc/kubernetes/manifests/etcd.yaml',
  ],
  [
    steps['regenerate-listener'],
    "create /tls/dynamic-cert-regenerate, so that the start issues the expired listener's certificate again",
  ],
  [
    { ...steps['regenerate-listener'], asRehearsed: true },
    "create /tls/dynamic-cert-regenerate, so that the start issues the expired listener's certificate again, unless the rehearsal came up without it",
  ],
  [steps.rehearse, 'rehearse kubeadm on a copy of /etc/kubernetes'],
  [
    { ...steps.rehearse, rehearsal: SERVER, cure: '/tls/dynamic-cert-regenerate' },
    'rehearse the start of k3s on a copy of /k/server; should it wait for its expired listener, once more with /tls/dynamic-cert-regenerate',
  ],
  [steps['restart-neighbour'], 'restart kube-vip by an annotation in /m/kube-vip.yaml'],
  [steps['verify-served'], 'verify what etcd (2379) serves'],
  [
    { kind: 'verify-served', endpoints: [endpoint, { ...endpoint, name: 'etcd-peer', port: 2380 }], limit: 1 },
    'verify what etcd (2379), etcd-peer (2380) serve',
  ],
  [steps['restart-unit'], 'systemctl restart k3s'],
  [steps['install-files'], 'install 1 signed certificate with its private key: a'],
  [steps['restore-files'], 'put 1 certificate with its private key back from /b/0'],
  [
    { ...steps['restore-files'], pairs: [...steps['restore-files'].pairs, ...steps['restore-files'].pairs] },
    'put 2 certificates with their private keys back from /b/0',
  ],
  [steps['kubelet-conf'], 'kubeadm kubeconfig user, into /k/kubelet.conf'],
  [steps['restart-kubelet'], 'systemctl restart kubelet, and wait until it stays'],
  [
    { ...steps['restart-kubelet'], health: { scheme: 'http', host: '127.0.0.1', port: 10_248, path: '/healthz' } },
    'systemctl restart kubelet, and wait until it is healthy',
  ],
  [steps['point-kubelet-conf'], 'point /k/kubelet.conf at /a.crt when the kubelet has written that, within 90 s'],
  [steps['stop-unit'], 'systemctl stop k3s'],
  [
    steps['rotate-leaves'],
    'k3s certificate rotate --data-dir /k, which copies /k/server/tls with its private keys to /k/server/tls-<unixtime>',
  ],
  [steps['await-ready'], 'wait for k3s to be ready, at most 5 min'],
  [steps['remove-leaves'], 'remove what is broken, with its key, so that the start issues it again: /a.crt'],
  [
    steps['await-pods'],
    'wait for new processes of kube-scheduler, which rke2-server replaces one after the other, at most 35 min',
  ],
  [steps['run-hook'], 'run the hook /h/reload'],
  [{ ...steps['run-hook'], on: 'failed', user: 'web' }, 'if the renewal fails, run the hook /h/reload as web'],
  [steps['await-listener'], 'connect to 127.0.0.1:6443 until its own certificate is new, at most 3 min'],
  [steps['install-rehearsed'], 'put 1 certificate of the rehearsal in place with its private key: apiserver'],
  [
    { ...steps['install-rehearsed'], leaves: [expect, { ...expect, id: 'b' }] },
    'put 2 certificates of the rehearsal in place with their private keys: apiserver, b',
  ],
  [steps['fetch-leaves'], 'have 127.0.0.1:6443 sign agent/client-kubelet again, for the same keys'],
  [
    { ...steps['fetch-leaves'], elsewhere: { kubeconfig: '/k' } },
    'have 127.0.0.1:6443 sign agent/client-kubelet again, for the same keys, and try them before they take their places',
  ],
  [
    steps['await-kubelet'],
    'see that the kubelet still renews its Lease when its clients have had their time to load the new certificates: after 5 min, at most 6 min',
  ],
  [
    steps['await-clients'],
    'watch the API server until no request uses a previous certificate any more: at least 5 min, at most 6 min',
  ],
];

for (const [step, said] of table)
  test(`a step is described: ${said}`, () => assert.equal(describeStep(step, {}), said));

test('a plan is described with its steps numbered', () => {
  const plan = {
    id: 'p',
    createdAt: 0,
    distribution: 'k3s' as const,
    certificates: ['client-admin'],
    why: 'client-admin expires in 20 d',
    oldExpired: false,
    steps: table.slice(0, 17).map(([step]) => step),
  };
  const lines = describePlan(plan).split('\n');
  assert.equal(lines[0], 'Renew 1 certificate of k3s: client-admin expires in 20 d');
  assert.equal(lines[1], '   1. back up 1 file to /b/1');
  assert.equal(lines[17], '  17. verify what etcd (2379), etcd-peer (2380) serve');
});

test('what a restore waits for is not new', () => {
  const step = table.map(([each]) => each).find(({ kind }) => kind === 'cycle-unless-served')!;
  assert.match(describeStep(step, { restores: '20260101T020000Z' }), /serves the restored certificate; if not/);
});
