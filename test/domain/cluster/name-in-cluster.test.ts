import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameInCluster } from '../../../src/domain/cluster/name-in-cluster.ts';
import type { Distribution, ObservedCertificate } from '../../../src/domain/model/inventory.ts';

type Row = [
  what: string,
  distribution: Distribution | null,
  certificates: [string, string | null][],
  name: string | null,
];

const TABLE: Row[] = [
  [
    'kubeadm',
    'kubeadm',
    [
      ['apiserver', 'kube-apiserver'],
      ['kubelet-client', 'system:node:cp-1'],
    ],
    'cp-1',
  ],
  ['K3s', 'k3s', [['agent/client-kubelet', 'system:node:edge']], 'edge'],
  [
    'the name of somebody else',
    'kubeadm',
    [
      ['kubelet-client', 'kubernetes-admin'],
      ['kubelet.conf', null],
    ],
    null,
  ],
  ["another certificate's", 'kubeadm', [['admin.conf', 'system:node:cp-1']], null],
  ['no node', null, [['kubelet-client', 'system:node:cp-1']], null],
];

for (const [what, distribution, certificates, name] of TABLE)
  test(`the name of its Node: ${what}`, () => {
    const read = certificates.map(([id, commonName]) => ({ id, certificate: { commonName } }));
    assert.equal(nameInCluster({ distribution }, read as ObservedCertificate[]), name);
  });
