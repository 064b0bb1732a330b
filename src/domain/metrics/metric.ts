/** One sample; a label without a value is left out. */
export type Sample = { labels: Record<string, string>; value: number };

/** A family of series, as Prometheus knows it. The name of a counter ends with "_total". */
export type Metric = { name: string; kind: 'gauge' | 'counter'; help: string; samples: Sample[] };

export function gauge(name: string, help: string, samples: Sample[]): Metric {
  return { name, kind: 'gauge', help, samples };
}

export const seconds = (milliseconds: number): number => milliseconds / 1000;
