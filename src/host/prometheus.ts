// The one importer of prom-client, which knows Prometheus' text format. Loaded on first use.
import type { Metric } from '../domain/metrics/metric.ts';

/** The text of `metrics`; families without samples are left out. `common`: labels of every series that lacks them. */
export async function prometheusText(metrics: Metric[], common: Record<string, string>): Promise<string> {
  const { Counter, Gauge, Registry } = (await import('prom-client')).default;
  const registry = new Registry();
  registry.setDefaultLabels(common);
  for (const { name, kind, help, samples } of metrics) {
    if (samples.length === 0) continue;
    const labelNames = [...new Set(samples.flatMap(({ labels }) => Object.keys(labels)))];
    const family = { name, help, labelNames, registers: [registry] };
    if (kind === 'counter') {
      const counter = new Counter(family);
      for (const { labels, value } of samples) counter.inc(labels, value);
    } else {
      const gauge = new Gauge(family);
      for (const { labels, value } of samples) gauge.set(labels, value);
    }
  }
  return registry.metrics();
}
