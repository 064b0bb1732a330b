// One step of each kind. Shared by what tests plans: a new kind does not compile without an example.
import type { CycleStep, Expectation, StepKind } from '../../../src/domain/model/plan.ts';
import type { StepOf } from '../../../src/domain/plan/steps/step-rules.ts';
import { identity } from '../../support/parts.ts';

export const cycle: CycleStep = {
  kind: 'cycle',
  component: 'etcd',
  manifest: '/etc/kubernetes/manifests/etcd.yaml',
  method: 'annotate',
  processArguments: [],
  health: null,
  limit: 360_000,
};
export const expect: Expectation = { id: 'apiserver', path: '/a.crt', keyPath: '/a.key', caPath: null, old: null };
export const endpoint = {
  name: 'etcd',
  host: '127.0.0.1',
  port: 2379,
  expects: 'etcd-server',
  path: '/e.crt',
} as const;

export const steps: { [Kind in StepKind]: StepOf<Kind> } = {
  backup: { kind: 'backup', directory: '/b/1', files: ['/a'], directories: [] },
  'add-names': {
    kind: 'add-names',
    config: '/k.yaml',
    version: 'v1.36.3',
    node: 'node-1',
    advertiseAddress: '10.0.0.5',
    serviceRange: null,
    certificatesDir: '/pki',
    names: ['DNS:lb.example.org', 'IP:FD00:0:0:0:0:0:0:5'],
    expect,
    limit: 120_000,
  },
  'kubeadm-renew': {
    kind: 'kubeadm-renew',
    name: 'apiserver',
    argv: ['certs', 'renew', 'apiserver'],
    writes: ['/a.key', '/a.crt'],
    expect,
    limit: 120_000,
  },
  'verify-files': { kind: 'verify-files', expect: [expect] },
  'cycle-unless-served': { kind: 'cycle-unless-served', endpoints: [endpoint], patience: 10_000, cycle },
  cycle,
  'verify-served': { kind: 'verify-served', endpoints: [endpoint], limit: 1 },
  'restart-unit': { kind: 'restart-unit', unit: 'k3s', limit: 1 },
  'await-ready': { kind: 'await-ready', unit: 'k3s', health: null, kubeconfig: null, limit: 300_000 },
  'await-pods': {
    kind: 'await-pods',
    unit: 'rke2-server',
    pods: [
      {
        component: 'kube-scheduler',
        processArguments: [],
        pod: identity('kube-scheduler'),
        loads: ['/tls/client-scheduler.crt'],
      },
    ],
    limit: 2_100_000,
  },
  'await-listener': {
    kind: 'await-listener',
    endpoint: { name: 'k3s', host: '127.0.0.1', port: 6443, expects: 'dynamic-cert' },
    expect,
    limit: 180_000,
  },
  'regenerate-listener': { kind: 'regenerate-listener', path: '/tls/dynamic-cert-regenerate' },
  'remove-leaves': { kind: 'remove-leaves', leaves: [{ id: 'a', path: '/a.crt', keyPath: '/a.key', caPath: null }] },
  'stop-unit': { kind: 'stop-unit', unit: 'k3s', limit: 1 },
  'rotate-leaves': {
    kind: 'rotate-leaves',
    program: 'k3s',
    argv: ['certificate', 'rotate', '--data-dir', '/k'],
    writes: ['/k/server/tls/a.crt', '/k/server/tls/dynamic-cert-regenerate'],
    server: '/k/server',
    limit: 30_000,
  },
  'restart-neighbour': {
    kind: 'restart-neighbour',
    pod: identity('kube-vip'),
    manifest: '/m/kube-vip.yaml',
    limit: 360_000,
  },
  'kubelet-conf': {
    kind: 'kubelet-conf',
    conf: '/k/kubelet.conf',
    argv: ['kubeconfig', 'user'],
    user: 'system:node:node-1',
    group: 'system:nodes',
    expect,
    limit: 120_000,
  },
  'restart-kubelet': { kind: 'restart-kubelet', unit: 'kubelet', health: null, limit: 360_000 },
  'restore-files': {
    kind: 'restore-files',
    backup: '/b/0',
    pairs: [{ id: 'a', notAfter: 1, files: [{ path: '/a.crt', sha256: '0', was: '1' }] }],
  },
  'install-files': {
    kind: 'install-files',
    from: '/i/0',
    pairs: [{ id: 'a', notAfter: 1, files: [{ path: '/a.crt', sha256: '0', was: '1' }] }],
  },
  'run-hook': {
    kind: 'run-hook',
    on: 'renewed',
    command: ['/h/reload', 'now'],
    user: 'root',
    limit: 120_000,
    node: 'node-1',
    certificates: ['apiserver'],
    files: ['/a.crt', '/a.key'],
    isRequired: false,
  },
  'point-kubelet-conf': { kind: 'point-kubelet-conf', conf: '/k/kubelet.conf', expect, limit: 90_000 },
  rehearse: {
    kind: 'rehearse',
    rehearsal: {
      kind: 'command',
      calls: [{ id: 'apiserver', argv: ['certs', 'renew', 'apiserver'] }],
      directories: ['/etc/kubernetes'],
      authorities: [{ path: '/ca.crt', keyPath: '/ca.key', fingerprint: null, mustBeRestored: false }],
      certificates: [expect],
      limit: 120_000,
      memory: 1024,
    },
    cure: null,
    required: false,
    doubtful: 'stop',
  },
};
