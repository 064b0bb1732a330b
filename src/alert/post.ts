import { request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { onUpgrade } from '../host/http.ts';
import { proxyFor } from './proxy.ts';
import { routeTo } from './route.ts';
import { SinkError } from './sink.ts';
import { LIMIT, unreached } from './unreached.ts';

const ANSWER_LIMIT = 64 * 1024;

export type Post = {
  sink: string;
  url: URL;
  /** POST where it is left out. */
  method?: 'GET' | 'PUT' | undefined;
  body: string;
  headers: Record<string, string>;
  /** PEM of the CAs to trust, and of no others. */
  ca: string[];
  /** Address of an HTTP proxy; null: as the environment says. It can hold a password. */
  proxy: string | null;
  signal?: AbortSignal | undefined;
};

/**
 * Sends and resolves with "HTTP 200" when the answer is a 2xx within 15 s. Redirects are not followed: they could carry a
 * signed message, or a secret address, to somebody else. Throws SinkError, which names the address's origin only.
 */
export async function post(given: Post): Promise<string> {
  const { sink, url, ca, signal } = given;
  const proxy = proxyFor(sink, url, given.proxy);
  const limit = AbortSignal.timeout(LIMIT);
  const either = signal === undefined ? limit : AbortSignal.any([signal, limit]);
  try {
    return await send(given, await routeTo(url, proxy, { ca }, either), either);
  } catch (error) {
    throw unreached(sink, url, error, limit);
  }
}

/** Rejects with a SinkError about the answer, or with the error of the connection. */
function send({ sink, url, method, body, headers }: Post, route: RequestOptions, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string, options: ConstructorParameters<typeof SinkError>[2] = {}) =>
      reject(new SinkError(sink, `${url.origin} ${reason}`, options));
    const start = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const length = Buffer.byteLength(body);
    const request = start(
      url,
      {
        ...route,
        method: method ?? 'POST',
        headers: { 'user-agent': 'certagent', ...route.headers, ...headers, 'content-length': length },
        signal,
      },
      (response) => {
        const status = response.statusCode ?? 0;
        let received = 0;
        response.on('data', (chunk: Buffer) => {
          received += chunk.length;
          // It has answered; the rest does not matter.
          if (received > ANSWER_LIMIT) response.destroy();
        });
        response.on('error', () => {});
        response.once('close', () => {
          if (status >= 200 && status < 300) return resolve(`HTTP ${status}`);
          const redirect = status >= 300 && status < 400 ? ', and redirects are not followed' : '';
          fail(`answered HTTP ${status}${redirect}`, {
            retryAfter: retryAfter(response.headers['retry-after']),
            refusesMessage: [400, 413, 422].includes(status),
          });
        });
      },
    );
    request.once('error', reject);
    onUpgrade(request, () => fail('answered HTTP 101, and other protocols are not spoken'));
    request.end(body);
  });
}

/** RFC 9110: seconds, or a date. In milliseconds from now; null when absent or unreadable. */
function retryAfter(header: string | undefined): number | null {
  if (header === undefined) return null;
  if (/^\d+$/.test(header)) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, at - Date.now());
}
