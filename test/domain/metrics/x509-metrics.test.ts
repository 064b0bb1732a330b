import assert from 'node:assert/strict';
import { test } from 'node:test';
import { x509Metrics } from '../../../src/domain/metrics/x509-metrics.ts';
import type { Place } from '../../../src/domain/model/certificate.ts';
import { certificate, NOW, report, row } from '../../cli/reports.ts';

function labelsOf(place: Place, subject: string, serial = '0A'): Record<string, string> {
  const one = {
    ...row('apiserver', 10),
    place,
    certificate: certificate(NOW, { subject, serial, issuer: 'CN=kubernetes' }),
  };
  return x509Metrics(report({ certificates: [one] }), {})[0]!.samples[0]!.labels;
}

test('labels are those of x509-certificate-exporter', () => {
  assert.deepEqual(
    labelsOf({ kind: 'pem', path: '/etc/kubernetes/pki/a.crt', index: 0 }, 'O=system:masters, CN=a', '0123'),
    {
      filename: 'a.crt',
      filepath: '/etc/kubernetes/pki/a.crt',
      serial_number: '291',
      subject_O: 'system:masters',
      subject_CN: 'a',
      issuer_CN: 'kubernetes',
    },
  );
  const embedded = labelsOf({ kind: 'kubeconfig', path: '/k', entry: 'user', name: 'admin', index: 0 }, 'CN=a');
  assert.equal(embedded.embedded_kind, 'user');
  assert.equal(embedded.embedded_key, 'admin');
});

const NAMES: [string, Record<string, string>][] = [
  ['CN=a', { CN: 'a' }],
  ['C=NO, ST=Oslo, L=Oslo, O=x, OU=y, CN=z', { C: 'NO', ST: 'Oslo', L: 'Oslo', O: 'x', OU: 'y', CN: 'z' }],
  ['CN=a\\, O=b', { CN: 'a, O=b' }],
  ['CN=a \\+ O=b', { CN: 'a + O=b' }],
  ['CN=a + O=b', { CN: 'a', O: 'b' }],
  ['2.5.4.5=7', {}],
  ['', {}],
];

for (const [subject, fields] of NAMES)
  test(`the subject ${JSON.stringify(subject)}`, () => {
    const labels = labelsOf({ kind: 'pem', path: '/a', index: 0 }, subject);
    const found = Object.fromEntries(
      Object.entries(labels).flatMap(([name, value]) => (name.startsWith('subject_') ? [[name.slice(8), value]] : [])),
    );
    assert.deepEqual(found, fields);
  });

test('times, expiry and errors', () => {
  const certificates = [row('old', -1), row('new', 10)];
  const findings = [{ path: '/a', id: null, owner: 'kubeadm', reason: 'empty', detail: '' }] as const;
  const metrics = x509Metrics(report({ certificates, findings: [...findings] }), { empty: 3, 'io-error': 1 });
  const values = (name: string) => metrics.find((metric) => metric.name === name)!.samples.map(({ value }) => value);
  assert.deepEqual(values('x509_cert_expired'), [1, 0]);
  assert.deepEqual(
    values('x509_cert_not_after'),
    certificates.map((one) => one.certificate.notAfter / 1000),
  );
  assert.deepEqual(
    values('x509_cert_not_before'),
    certificates.map((one) => one.certificate.notBefore / 1000),
  );
  assert.deepEqual(values('x509_read_errors'), [1]);
  assert.deepEqual(values('x509_source_bundles'), [2]);
  assert.deepEqual(
    metrics
      .find(({ name }) => name === 'x509_source_errors_total')!
      .samples.map(({ labels, value }) => [labels.reason, value]),
    [
      ['bad_certificate', 0],
      ['empty', 3],
      ['io_error', 1],
    ],
  );
});
