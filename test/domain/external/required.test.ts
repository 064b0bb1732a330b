import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kubeadmUsages } from '../../../src/domain/distributions/kubeadm-usages.ts';
import { requiredOf } from '../../../src/domain/external/required.ts';
import type { Certificate } from '../../../src/domain/model/certificate.ts';
import { inventoryOf } from '../../support/inventory.ts';
import { nodeWith } from './external-parts.ts';

const { node, certificates } = nodeWith();
const BOTH = ['clientAuth', 'serverAuth'];
const [NAMES, ADDED] = [['DNS:kubernetes'], ['DNS:kubernetes-admin']];

const CASES: [
  id: string,
  change: Pick<Certificate, 'sans' | 'usages'>,
  required: Pick<Certificate, 'sans' | 'usages'>,
][] = [
  ['apiserver', { sans: NAMES, usages: ['serverAuth'] }, { sans: NAMES, usages: ['serverAuth'] }],
  ['apiserver', { sans: NAMES, usages: BOTH }, { sans: NAMES, usages: ['serverAuth'] }],
  ['admin.conf', { sans: ADDED, usages: BOTH }, { sans: [], usages: ['clientAuth'] }],
  ['etcd-server', { sans: NAMES, usages: BOTH }, { sans: NAMES, usages: BOTH }],
  // Nothing of what kubeadm would give it: somebody knows better.
  ['admin.conf', { sans: ADDED, usages: ['codeSigning'] }, { sans: ADDED, usages: ['codeSigning'] }],
  ['of-nobody', { sans: ADDED, usages: BOTH }, { sans: ADDED, usages: BOTH }],
];

for (const [id, change, required] of CASES)
  test(`what is required of the next ${id} where the present one has ${change.usages.join(' and ')}`, () => {
    const { certificate } = certificates.find((one) => one.id === 'apiserver')!;
    assert.deepEqual(requiredOf({ id, certificate: { ...certificate, ...change } }, node), required);
  });

test('a node of another kind, and the usages of every certificate that kubeadm makes', () => {
  const { certificate } = certificates.find((one) => one.id === 'apiserver')!;
  const other = inventoryOf('k3s-server').node;
  assert.deepEqual(requiredOf({ id: 'apiserver', certificate: { ...certificate, usages: BOTH } }, other).usages, BOTH);
  for (const { id, owner } of inventoryOf('kubeadm').certificates)
    if (owner === 'kubeadm') assert.notEqual(kubeadmUsages(id), null, id);
});
