import type { FindingReason } from '../model/inventory.ts';
import type { StatusReport, StatusRow } from '../model/status.ts';
import { gauge, type Metric, seconds } from './metric.ts';

/** How often each reason for not reading a file has been met. */
export type ReadErrors = Partial<Record<FindingReason, number>>;

/**
 * The same certificates under the names and labels of x509-certificate-exporter (versions 3 and 4), so that its dashboard
 * and its alert rules work with certagent's metrics.
 */
export function x509Metrics({ at, certificates, findings }: StatusReport, errors: ReadErrors): Metric[] {
  const samples = (value: (row: StatusRow) => number) =>
    certificates.map((row) => ({ labels: labelsOf(row), value: value(row) }));
  const source = { source_kind: 'file', source_name: 'certagent' };
  return [
    gauge(
      'x509_cert_not_after',
      'When the certificate expires, in seconds since 1970.',
      samples(({ certificate }) => seconds(certificate.notAfter)),
    ),
    gauge(
      'x509_cert_not_before',
      'From when the certificate is valid, in seconds since 1970.',
      samples(({ certificate }) => seconds(certificate.notBefore)),
    ),
    gauge(
      'x509_cert_expired',
      '1: the certificate has expired.',
      samples(({ certificate }) => Number(certificate.notAfter < at)),
    ),
    gauge('x509_read_errors', 'Files that could not be read as what they should be.', [
      { labels: {}, value: findings.length },
    ]),
    gauge('x509_source_up', 'Always 1: certagent has read the node.', [{ labels: source, value: 1 }]),
    gauge('x509_source_bundles', 'Files with certificates.', [
      { labels: source, value: new Set(certificates.map(({ place }) => place.path)).size },
    ]),
    {
      name: 'x509_source_errors_total',
      kind: 'counter',
      help: 'Files that could not be read, counted at each check, by the reason.',
      samples: Object.entries({ 'bad-certificate': 0, ...errors }).map(([reason, value]) => ({
        labels: { ...source, reason: reason.replaceAll('-', '_') },
        value,
      })),
    },
  ];
}

function labelsOf({ place, certificate }: StatusRow): Record<string, string> {
  const embedded = place.kind === 'kubeconfig' ? { embedded_kind: place.entry, embedded_key: place.name } : {};
  return {
    filename: place.path.slice(place.path.lastIndexOf('/') + 1),
    filepath: place.path,
    ...embedded,
    serial_number: BigInt(`0x${certificate.serial}`).toString(),
    ...withPrefix('subject', certificate.subject),
    ...withPrefix('issuer', certificate.issuer),
  };
}

/** Of a name as `Certificate` has it, in which a separator that belongs to a value has a backslash before it. */
function withPrefix(prefix: string, name: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const attribute of name.split(/(?<!\\)(?:, | \+ )/)) {
    const [, field, value] = /^(C|ST|L|O|OU|CN)=(.*)$/s.exec(attribute) ?? [];
    if (field !== undefined && value !== undefined) labels[`${prefix}_${field}`] = value.replace(/\\(.)/gs, '$1');
  }
  return labels;
}
