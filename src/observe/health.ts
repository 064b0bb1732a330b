/** Milliseconds for one health check. */
export const HEALTH_LIMIT = 5_000;

/** As the kubelet judges a probe. */
export function isHealthy(status: number | null): boolean {
  return status !== null && status >= 200 && status < 400;
}
