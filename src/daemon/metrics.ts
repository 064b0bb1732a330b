import { ownMetrics } from '../domain/metrics/own-metrics.ts';
import { type ReadErrors, x509Metrics } from '../domain/metrics/x509-metrics.ts';
import type { Finding } from '../domain/model/inventory.ts';
import type { StatusReport } from '../domain/model/status.ts';
import { prometheusText } from '../host/prometheus.ts';

/** The status in Prometheus' text format. Every series has the labels of the configuration, where it lacks them. */
export function metricsOf(status: StatusReport, errors: ReadErrors): Promise<string> {
  return prometheusText([...ownMetrics(status), ...x509Metrics(status, errors)], status.labels);
}

export function countErrors(errors: ReadErrors, findings: Finding[]): ReadErrors {
  const counted = { ...errors };
  for (const { reason } of findings) counted[reason] = (counted[reason] ?? 0) + 1;
  return counted;
}
