// Clusters whose certificates are valid for days (certificateValidityPeriod of kubeadm's v1beta4).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from '../../src/domain/decide/decide.ts';
import { DAY, HOUR, MINUTE } from '../../src/domain/time/duration.ts';
import { NO_HISTORY, policyOf } from '../support/inventory.ts';
import { look, NOW, nodeFor } from './support.ts';

test('a fresh cluster of 20 days is left alone for two weeks', async (t) => {
  const caStarts = NOW - 5 * MINUTE;
  const node = await nodeFor(t, { kind: 'kubeadm', version: 'v1.36.3', caStarts, leafEnds: NOW + 20 * DAY });
  const inventory = await look(node);
  const at = (days: number) => {
    const now = NOW + days * DAY;
    return decide({ inventory, policy: policyOf(), history: NO_HISTORY, now, request: { kind: 'schedule' } });
  };
  for (const days of [0, 1, 13]) {
    const { renewal, certificates } = at(days);
    assert.equal(renewal.kind, 'none', `after ${days} days`);
    const leaves = certificates.filter(({ id }) => ['apiserver', 'admin.conf', 'etcd-server'].includes(id));
    assert.deepEqual(
      leaves.map(({ nearness }) => nearness),
      ['valid', 'valid', 'valid'],
    );
    assert.ok(renewal.kind === 'none' && renewal.nextAt! >= NOW + 20 * DAY * (2 / 3) - HOUR);
  }
  assert.notEqual(at(14.5).renewal.kind, 'none');
});
