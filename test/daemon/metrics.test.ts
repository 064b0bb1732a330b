import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countErrors, metricsOf } from '../../src/daemon/metrics.ts';
import { alert } from '../alert/support.ts';
import { report } from '../cli/reports.ts';

test('every series has the labels of the configuration, and keeps its own where the names are the same', async () => {
  const labels = { site: 'os"lo', code: 'mine' };
  const alerts = [{ alert: alert(), since: null, lastSentAt: null }];
  const text = await metricsOf(report({ labels, alerts }), {});
  const series = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  assert.ok(series.length > 3);
  for (const line of series) assert.match(line, /[{,]site="os\\"lo"[,}]/);
  assert.match(text, /^certagent_alert\{[^}]*code="CERTIFICATE_EXPIRED",severity="critical",subject="node"[^}]*\} 1$/m);
});

test('a certificate that two rows show is one series: node_exporter refuses a file with a series twice', async () => {
  const one = report().certificates[0]!;
  const text = await metricsOf(report({ certificates: [one, { ...one, id: 'apiserver#1' }] }), {});
  const series = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  assert.deepEqual([...new Set(series.map((line) => line.replace(/ \S+$/, '')))].length, series.length);
});

test('errors are counted at each check', () => {
  const finding = { path: '/a', id: null, owner: 'kubeadm', reason: 'empty', detail: '' } as const;
  assert.deepEqual(countErrors(countErrors({}, [finding]), [finding, { ...finding, reason: 'io-error' }]), {
    empty: 2,
    'io-error': 1,
  });
});
