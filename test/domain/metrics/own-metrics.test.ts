import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownMetrics } from '../../../src/domain/metrics/own-metrics.ts';
import type { StatusReport } from '../../../src/domain/model/status.ts';
import { certificate, HISTORY, NOW, report, row } from '../../cli/reports.ts';

function series(change: Partial<StatusReport>): Record<string, number> {
  return Object.fromEntries(
    ownMetrics(report(change)).flatMap(({ name, samples }) =>
      samples.map(({ labels, value }) => [`${name} ${Object.values(labels).join(' ')}`.trim(), value]),
    ),
  );
}

test('a node where all is well has its counts of alerts, which are 0', () => {
  const all = series({ nextCheckAt: null });
  assert.equal(
    all['certagent_certificate_not_after_timestamp_seconds apiserver kubeadm'],
    report().certificates[0]!.certificate.notAfter / 1000,
  );
  for (const severity of ['critical', 'warning', 'info']) assert.equal(all[`certagent_alerts ${severity}`], 0);
  assert.equal(all.certagent_last_check_timestamp_seconds, NOW / 1000);
  assert.equal(all['certagent_renewal_info none'], 1);
  assert.equal(all['certagent_build_info 0.1.0 renew'], 1);
  for (const absent of ['certagent_next_check', 'certagent_last_renewal', 'certagent_alert '])
    assert.equal(
      Object.keys(all).some((name) => name.startsWith(absent)),
      false,
      absent,
    );
});

test('what is wrong shows', () => {
  const endpoint = { name: 'kube-apiserver', host: '127.0.0.1', port: 6443, expects: 'apiserver' } as const;
  const shown = { serial: '1', fingerprint: '', notAfter: 0, subject: '' };
  const alert = { code: 'CERTIFICATE_EXPIRED', severity: 'critical', subject: 'apiserver' } as never;
  const all = series({
    alerts: [{ alert, since: null, lastSentAt: null }],
    findings: [{ path: '/a', id: null, owner: 'kubeadm', reason: 'empty', detail: '' }],
    failingSinks: ['chat'],
    configError: 'line 3',
    lastAttempt: HISTORY.attempts[1]!,
    served: [
      { endpoint, state: 'stale', certificate: shown },
      { endpoint: { ...endpoint, name: 'kube-scheduler' }, state: 'current', certificate: shown },
      { endpoint: { ...endpoint, name: 'etcd' }, state: 'unreachable', detail: '' },
    ],
  });
  assert.equal(all['certagent_alert CERTIFICATE_EXPIRED critical apiserver'], 1);
  assert.equal(all['certagent_alerts critical'], 1);
  assert.equal(all.certagent_findings, 1);
  assert.equal(all.certagent_failing_sinks, 1);
  assert.equal(all.certagent_config_refused, 1);
  assert.equal(all['certagent_served_current kube-apiserver'], 0);
  assert.equal(all['certagent_served_current kube-scheduler'], 1);
  assert.equal(all['certagent_served_current etcd'], undefined);
  assert.equal(all['certagent_last_renewal_timestamp_seconds succeeded'], HISTORY.attempts[1]!.endedAt! / 1000);
  assert.equal(all.certagent_next_check_timestamp_seconds, report().nextCheckAt! / 1000);
});

test('an interrupted renewal has no end', () => {
  const lastAttempt = { ...HISTORY.attempts[1]!, endedAt: null };
  assert.equal(
    Object.keys(series({ lastAttempt })).some((name) => name.includes('last_renewal')),
    false,
  );
});

test('a CA that many files hold is one series', () => {
  const authority = (id: string, fingerprint: string) => ({
    ...row(id, 3000, { owner: 'cluster-ca' }),
    certificate: certificate(NOW, { isCa: true, fingerprint }),
  });
  const all = series({
    certificates: [authority('ca', 'a'), authority('admin.conf#1', 'a'), authority('etcd-ca', 'b')],
  });
  const ids = Object.keys(all).filter((name) => name.includes('not_after'));
  assert.deepEqual(
    ids.map((name) => name.split(' ')[1]),
    ['ca', 'etcd-ca'],
  );
});
