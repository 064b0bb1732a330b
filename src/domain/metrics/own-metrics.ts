import type { Severity } from '../alerts/severity.ts';
import type { StatusReport, StatusRow } from '../model/status.ts';
import { gauge, type Metric, type Sample, seconds } from './metric.ts';

const SEVERITIES: Severity[] = ['critical', 'warning', 'info'];

/** What certagent alone knows: of certificates, of servers, of alerts and of itself. Times are seconds since 1970. */
export function ownMetrics(status: StatusReport): Metric[] {
  const { certificates, served, alerts, lastAttempt, renewal } = status;
  return [
    gauge(
      'certagent_certificate_not_after_timestamp_seconds',
      'When a certificate expires. A CA that several files hold is listed once.',
      certificates.filter(isFirst()).map(({ id, owner, certificate }) => ({
        labels: { id, owner },
        value: seconds(certificate.notAfter),
      })),
    ),
    gauge(
      'certagent_served_current',
      '1: the server serves the certificate that is on disk; 0: it serves another one. Absent: it does not answer.',
      served.flatMap(({ endpoint, state }) =>
        state === 'unreachable' ? [] : [{ labels: { server: endpoint.name }, value: Number(state === 'current') }],
      ),
    ),
    gauge('certagent_findings', 'Files that could not be read as what they should be.', [one(status.findings.length)]),
    gauge(
      'certagent_alert',
      '1 for each active alert.',
      alerts.map(({ alert: { code, severity, subject } }) => ({ labels: { code, severity, subject }, value: 1 })),
    ),
    gauge(
      'certagent_alerts',
      'Number of active alerts of each severity.',
      SEVERITIES.map((severity) => ({
        labels: { severity },
        value: alerts.filter(({ alert }) => alert.severity === severity).length,
      })),
    ),
    gauge('certagent_failing_sinks', 'Sinks that do not accept alerts now.', [one(status.failingSinks.length)]),
    gauge('certagent_config_refused', '1 while the configuration on disk is refused.', [
      one(Number(status.configError !== null)),
    ]),
    gauge('certagent_renewal_info', 'Always 1; the label says what comes of the next renewal.', [
      { labels: { state: renewal.kind }, value: 1 },
    ]),
    gauge(
      'certagent_last_renewal_timestamp_seconds',
      'When the last renewal ended, by its result.',
      lastAttempt === null || lastAttempt.endedAt === null
        ? []
        : [{ labels: { result: lastAttempt.result }, value: seconds(lastAttempt.endedAt) }],
    ),
    gauge('certagent_last_check_timestamp_seconds', 'When the node was last checked.', [
      one(seconds(status.checkedAt)),
    ]),
    gauge(
      'certagent_next_check_timestamp_seconds',
      'When the node is checked next.',
      status.nextCheckAt === null ? [] : [one(seconds(status.nextCheckAt))],
    ),
    gauge('certagent_build_info', 'Always 1.', [{ labels: { version: status.version, mode: status.mode }, value: 1 }]),
  ];
}

const one = (value: number): Sample => ({ labels: {}, value });

/** Every kubeconfig and every chain has a copy of its CA. */
function isFirst(): (row: StatusRow) => boolean {
  const seen = new Set<string>();
  return ({ certificate: { isCa, fingerprint } }) => {
    if (!isCa) return true;
    const isNew = !seen.has(fingerprint);
    seen.add(fingerprint);
    return isNew;
  };
}
