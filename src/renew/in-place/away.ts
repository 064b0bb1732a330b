import type { TrustedAnswer } from '../../host/trusted-request.ts';

/**
 * Whether a server is away for now: it cannot be reached, or it starts or ends. One that shows a wrong certificate is not away: nobody
 * need wait for it.
 */
export function isAway(answer: TrustedAnswer): boolean {
  if (answer.status !== null) return STARTING.includes(answer.status);
  return NETWORK.test(answer.problem);
}

/** What came instead of what was asked for. */
export function inWords({ status, problem }: TrustedAnswer): string {
  return problem ?? `HTTP ${status}`;
}

const STARTING = [502, 503, 504];
/** Names of the operating system's errors, which Node.js's own (ERR_TLS_…) and OpenSSL's (CERT_HAS_EXPIRED) do not look like. */
const NETWORK = /^(E(?!RR_)[A-Z_]+|no answer in time)$/;
