import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addedToRequest, whyStale } from '../../../src/domain/external/requested-names.ts';
import type { Inventory } from '../../../src/domain/model/inventory.ts';
import { withPreconditions } from '../../support/inventory.ts';
import { nodeWith, requestFor } from './external-parts.ts';

const NAMES = { sans: ['DNS:kubernetes', 'IP:10.96.0.1'], usages: ['serverAuth'] };
const node = withPreconditions(nodeWith(), {
  apiServer: {
    ...{ by: 'manifest', manifest: '/m.yaml', advertiseAddress: null, serviceRange: null, config: null },
    servers: ['admin', 'kubelet'].map((name) => ({ path: `/${name}.conf`, url: 'https://[fd00::1]:6443' })),
  },
}) as Inventory;
const observed = node.certificates.find(({ id }) => id === 'apiserver')!;
const other = node.certificates.find(({ id }) => id === 'admin.conf')!;
const LACKING = ['DNS:kubernetes.default', 'DNS:kubernetes.default.svc', 'IP:FD00:0:0:0:0:0:0:1'];

test('a request adds what the certificate lacks, where that is wanted', () => {
  assert.deepEqual(addedToRequest(observed, node, true), LACKING);
  assert.deepEqual(addedToRequest(observed, node, false), []);
  assert.deepEqual(addedToRequest(other, node, true), []);
});

test('a request that waits is stale when it has less than the node needs', () => {
  const whole = requestFor('apiserver', { ...NAMES, sans: [...NAMES.sans, ...LACKING] });
  const plain = requestFor('apiserver', NAMES);
  assert.equal(whyStale(whole, observed, node, true), null);
  assert.equal(whyStale(plain, observed, node, false), null);
  assert.match(
    whyStale(plain, observed, node, true) ?? '',
    /^lacks DNS:kubernetes\.default, .*, IP:fd00::1, which renew\.sans adds: .* certagent csr --new apiserver$/,
  );
  assert.match(whyStale({ ...whole, sans: [] }, observed, node, true) ?? '', /which the present certificate has/);
});
