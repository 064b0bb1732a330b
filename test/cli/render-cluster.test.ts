import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderCluster } from '../../src/cli/render/cluster-view.ts';
import { clusterReport } from '../../src/domain/cluster/cluster-report.ts';
import { listedNode as node } from '../domain/cluster/parts.ts';

const NOW = Date.UTC(2026, 10, 27, 12, 20);

test('the nodes of a cluster, worst first', () => {
  const report = clusterReport(
    [
      node('cp-1', 'ok', '2026-11-27T12:00:00Z', '2027-05-01T00:00:00Z'),
      node('cp-2', 'waiting', '2026-11-27T11:00:00Z', '2026-12-20T00:00:00Z'),
      node('worker-1', 'ok', '2026-11-24T12:00:00Z', '2027-05-01T00:00:00Z'),
      node('worker-2', 'expired', '2026-11-27T12:30:00Z', '2026-11-26T00:00:00Z'),
      node('worker-3', null, '', ''),
    ],
    'cp-1',
    NOW,
  );
  assert.equal(
    renderCluster(report, { width: 80 }),
    `NODE      STATE                EXPIRES  CHECKED
worker-2  expired         1 d 12 h ago  this hour
worker-1  silent, was ok         154 d  3 d ago
worker-3  unknown                    -  never by certagent
cp-2      waiting            22 d 11 h  1 h ago
cp-1      ok                     154 d  this hour

5 nodes, 2 of them servers, 2 silent. cp-1 renews now.
`,
  );
  for (const line of renderCluster(report, { width: 60 }).split('\n')) assert.ok(line.length <= 60, line);
});

test('nobody renews; one node', () => {
  const report = clusterReport([node('cp-1', 'ok', '2026-11-27T12:00:00Z', '')], null, NOW);
  assert.match(renderCluster(report), /\n1 node, 1 of them a server, 0 silent\.\n$/);
  const two = ['cp-1', 'cp-2'].map((name) => node(name, 'ok', '2026-11-27T12:00:00Z', ''));
  assert.match(
    renderCluster(clusterReport(two, null, NOW)),
    /\n2 nodes, 2 of them servers, 0 silent\. No server renews now\.\n$/,
  );
});
