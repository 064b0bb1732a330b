import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { errorCode } from '../domain/model/errors.ts';
import type { HealthCheck } from '../domain/model/plan.ts';
import type { ClientCredentials } from './tls.ts';

export type HealthAnswer = { status: number | null; detail: string };

/**
 * GETs a component's health path. The server's certificate is not verified here (a health check must work when it has
 * expired; what is served is compared elsewhere). `status` is null when nothing answered within `limit` milliseconds.
 */
export function askHealth(
  check: HealthCheck,
  options: { limit: number; client?: ClientCredentials },
): Promise<HealthAnswer> {
  return new Promise<HealthAnswer>((resolve) => {
    const send = check.scheme === 'https' ? httpsRequest : httpRequest;
    const request = send(
      {
        host: check.host,
        port: check.port,
        path: check.path,
        method: 'GET',
        agent: false,
        rejectUnauthorized: false,
        signal: AbortSignal.timeout(options.limit),
        ...(options.client === undefined ? {} : { cert: options.client.certificate, key: options.client.key }),
      },
      (response) => {
        response.resume();
        response.once('close', () =>
          resolve({ status: response.statusCode ?? null, detail: `HTTP ${response.statusCode}` }),
        );
      },
    );
    request.once('error', (error: NodeJS.ErrnoException) =>
      resolve({ status: null, detail: error.code ?? error.message }),
    );
    request.end();
    // A manifest can name a path or host that no request can be made of: that throws at once.
  }).catch((error) => ({ status: null, detail: errorCode(error) }));
}
