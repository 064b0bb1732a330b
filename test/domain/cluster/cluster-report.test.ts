import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clusterReport } from '../../../src/domain/cluster/cluster-report.ts';
import { requestsInWords } from '../../../src/domain/cluster/serving-requests.ts';
import { listedNode as node } from './parts.ts';

const NOW = Date.UTC(2026, 10, 27, 12);

test('the worst first: bad states, silent nodes, then by state, expiry and name', () => {
  const report = clusterReport(
    [
      node('cp-3', 'ok'),
      node('cp-1', 'ok'),
      node('worker-9', null),
      node('worker-8', null),
      node('worker-1', 'ok', '2026-11-20T11:00:00Z'),
      node('worker-2', 'ok', undefined, '2026-12-24T00:00:00Z'),
      node('worker-4', 'expired', '2026-11-20T11:00:00Z'),
      node('worker-5', 'ok', undefined, 'never'),
      node('worker-6', 'ok', undefined, 'never'),
      node('worker-7', null),
      node('cp-2', 'waiting'),
    ],
    'cp-1',
    NOW,
  );
  assert.equal(report.schema, 'certagent.cluster/v1');
  assert.equal(report.holder, 'cp-1');
  assert.deepEqual(
    report.nodes.map(({ name, isSilent }) => (isSilent ? `${name} silent` : name)),
    [
      'worker-4 silent',
      'worker-1 silent',
      'worker-7 silent',
      'worker-8 silent',
      'worker-9 silent',
      'cp-2',
      'worker-2',
      'cp-1',
      'cp-3',
      'worker-5',
      'worker-6',
    ],
  );
});

test('requests that nobody has approved: the newest is named', () => {
  const request = (name: string) => ({ name, createdAt: '' });
  assert.match(requestsInWords([request('csr-1')]).text, /: csr-1\.$/);
  const { text, remedy } = requestsInWords([request('csr-1'), request('csr-2')]);
  assert.match(text, /: csr-2 \(and 1 older\)\.$/);
  assert.match(remedy, /kubectl certificate approve csr-2$/);
});
