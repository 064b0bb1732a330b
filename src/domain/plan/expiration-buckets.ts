import type { Instant } from '../model/certificate.ts';
import { MINUTE } from '../time/duration.ts';

/** A bucket of a histogram, and what was counted in it: from more than the bound of the bucket before it to this one. */
export type Bucket = { bound: number; count: number };

/**
 * Bounds in seconds of the API server's histogram `apiserver_client_certificate_expiration_seconds`: for each request with a client
 * certificate, how long that was still valid (read: apiserver/pkg/authentication/request/x509, the same since v1.12).
 */
export const BOUNDS = [
  0,
  1_800,
  3_600,
  7_200,
  21_600,
  43_200,
  86_400,
  172_800,
  345_600,
  604_800,
  2_592_000,
  7_776_000,
  15_552_000,
  31_104_000,
  Number.POSITIVE_INFINITY,
];

/** A clock is never exact, and a certificate passes from one bucket to the next as time goes by. */
const MARGIN = 15 * MINUTE;

/** The bounds of the buckets in which requests with certificates that expire then are counted, from `from` to `to`. */
export function bucketsOf(ends: Instant[], bounds: readonly number[], from: Instant, to: Instant): Set<number> {
  const found = new Set<number>();
  for (const end of ends)
    for (const [index, bound] of bounds.entries()) {
      const below = index === 0 ? Number.NEGATIVE_INFINITY : bounds[index - 1]!;
      if ((end - to - MARGIN) / 1_000 <= bound && (end - from + MARGIN) / 1_000 > below) found.add(bound);
    }
  return found;
}

/** Whether requests with the one kind of certificates can be told from those with the other. */
export function canTellApart(
  previous: Instant[],
  next: Instant[],
  bounds: readonly number[],
  { from, to }: { from: Instant; to: Instant },
): boolean {
  const old = bucketsOf(previous, bounds, from, to);
  return [...bucketsOf(next, bounds, from, to)].every((bound) => !old.has(bound));
}

/** Reads the histogram from the API server's metrics, one line at a time; null: the line is not of it. */
export function cumulativeOf(line: string): Bucket | null {
  const found = /^apiserver_client_certificate_expiration_seconds_bucket\{le="([^"]+)"\} (\S+)$/.exec(line);
  if (found === null) return null;
  const bound = found[1] === '+Inf' ? Number.POSITIVE_INFINITY : Number(found[1]);
  const count = Number(found[2]);
  return Number.isNaN(bound) || !Number.isFinite(count) ? null : { bound, count };
}

/** Each bucket by itself: Prometheus counts in each what is below its bound. */
export function apart(cumulative: Bucket[]): Bucket[] {
  const sorted = [...cumulative].sort((a, b) => a.bound - b.bound);
  return sorted.map(({ bound, count }, index) => ({ bound, count: count - (sorted[index - 1]?.count ?? 0) }));
}
