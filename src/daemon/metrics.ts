import type { StatusReport } from '../domain/model/status.ts';

type Sample = { labels: Record<string, string>; value: number };
type Metric = { name: string; help: string; samples: Sample[] };

/**
 * The status in Prometheus' text format; times are seconds since the epoch. Every series has the labels of the configuration,
 * where it has none of that name itself.
 */
export function metricsOf(status: StatusReport): string {
  const metrics: Metric[] = [
    {
      name: 'certagent_certificate_not_after_seconds',
      help: 'Expiry of a certificate, in seconds since 1970.',
      samples: status.certificates.map(({ id, owner, certificate }) => ({
        labels: { id, owner },
        value: certificate.notAfter / 1000,
      })),
    },
    {
      name: 'certagent_served_current',
      help: '1 when a server serves the certificate that is on disk, 0 when it serves another; absent when it does not answer.',
      samples: status.served.flatMap(({ endpoint, state }) =>
        state === 'unreachable' ? [] : [{ labels: { server: endpoint.name }, value: Number(state === 'current') }],
      ),
    },
    {
      name: 'certagent_findings',
      help: 'Files that could not be read as what they should be.',
      samples: [{ labels: {}, value: status.findings.length }],
    },
    {
      name: 'certagent_alert',
      help: '1 for each active alert.',
      samples: status.alerts.map(({ alert }) => ({
        labels: { code: alert.code, severity: alert.severity, subject: alert.subject },
        value: 1,
      })),
    },
    {
      name: 'certagent_failing_sinks',
      help: 'Sinks that do not accept alerts now.',
      samples: [{ labels: {}, value: status.failingSinks.length }],
    },
    {
      name: 'certagent_config_refused',
      help: '1 while the configuration on disk is refused.',
      samples: [{ labels: {}, value: Number(status.configError !== null) }],
    },
    {
      name: 'certagent_last_renewal_seconds',
      help: 'When the last renewal finished, by its result, in seconds since 1970.',
      samples: status.lastAttempt?.endedAt
        ? [{ labels: { result: status.lastAttempt.result }, value: status.lastAttempt.endedAt / 1000 }]
        : [],
    },
    {
      name: 'certagent_build_info',
      help: 'Always 1.',
      samples: [{ labels: { version: status.version, mode: status.mode }, value: 1 }],
    },
  ];
  return metrics
    .filter(({ samples }) => samples.length > 0)
    .map(({ name, help, samples }) =>
      [
        `# HELP ${name} ${help}`,
        `# TYPE ${name} gauge`,
        ...samples.map(({ labels, value }) => `${name}${labelText({ ...status.labels, ...labels })} ${value}`),
        '',
      ].join('\n'),
    )
    .join('');
}

function labelText(labels: Record<string, string>): string {
  const pairs = Object.entries(labels).map(
    ([key, value]) => `${key}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`,
  );
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}
