import { type ClientRequest, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { errorCode } from '../domain/model/errors.ts';
import type { HealthCheck } from '../domain/model/plan.ts';
import type { ClientCredentials } from './tls.ts';

export type HealthAnswer = { status: number | null; detail: string };

/**
 * GETs a component's health path. The server's certificate is not verified here (a health check must work when it has
 * expired; what is served is compared elsewhere). `status` is null when nothing answered within `limit` milliseconds.
 */
export async function askHealth(
  check: HealthCheck,
  options: { limit: number; client?: ClientCredentials },
): Promise<HealthAnswer> {
  const { status, detail } = await get(check, options);
  return { status, detail };
}

/** The version that a kube-apiserver says it has, which it tells everybody ("v1.36.3"); null when it does not. */
export async function askVersion(server: HealthCheck, options: { limit: number }): Promise<string | null> {
  const { body } = await get({ ...server, path: '/version' }, options);
  const version = /"gitVersion":\s*"(v\d+\.\d+\.\d+)/.exec(body)?.[1];
  return version ?? null;
}

/** null when a server whose certificate `ca` has signed answers at all; else why it does not. Nothing is sent but the path. */
export function askTrusted(url: string, { ca, limit }: { ca: string; limit: number }): Promise<string | null> {
  return new Promise<string | null>((resolve) => {
    const request = httpsRequest(url, { ca, agent: false, signal: AbortSignal.timeout(limit) }, (response) => {
      response.resume();
      resolve(null);
    });
    request.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    onUpgrade(request, () => resolve('UPGRADE'));
    request.end();
  }).catch((error) => errorCode(error));
}

/**
 * Calls `refuse` when the server wants to speak another protocol ("101 Switching Protocols"). Without a listener, Node.js ends
 * such a request with neither an answer nor an error, and whoever awaits it waits forever.
 */
export function onUpgrade(request: ClientRequest, refuse: () => void): void {
  request.once('upgrade', (_response, socket) => {
    socket.destroy();
    refuse();
  });
}

/** More of a body than this is not kept. */
const BODY = 16_384;

function get(
  check: HealthCheck,
  options: { limit: number; client?: ClientCredentials },
): Promise<HealthAnswer & { body: string }> {
  return new Promise<HealthAnswer & { body: string }>((resolve) => {
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
        let body = '';
        response.on('data', (chunk: Buffer) => {
          if (body.length < BODY) body += chunk.toString('latin1');
        });
        response.once('close', () =>
          resolve({ status: response.statusCode ?? null, detail: `HTTP ${response.statusCode}`, body }),
        );
      },
    );
    request.once('error', (error: NodeJS.ErrnoException) =>
      resolve({ status: null, detail: error.code ?? error.message, body: '' }),
    );
    onUpgrade(request, () => resolve({ status: null, detail: 'UPGRADE', body: '' }));
    request.end();
    // A manifest can name a path or host that no request can be made of: that throws at once.
  }).catch((error) => ({ status: null, detail: errorCode(error), body: '' }));
}
