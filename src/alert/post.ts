import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { errorCode } from '../domain/model/errors.ts';
import { onUpgrade } from '../host/http.ts';
import { SinkError } from './sink.ts';

const LIMIT = 15_000;
const ANSWER_LIMIT = 64 * 1024;

export type Post = {
  sink: string;
  url: URL;
  method?: 'PUT' | undefined;
  body: string;
  headers: Record<string, string>;
  /** PEM of the CAs to trust instead of the built-in ones. */
  ca: string | null;
  signal?: AbortSignal | undefined;
};

/**
 * Sends and resolves with "HTTP 200" when the answer is a 2xx within 15 s. Redirects are not followed: they could carry a
 * signed message, or a secret address, to somebody else. Throws SinkError, which names the address's origin only.
 */
export function post({ sink, url, method, body, headers, ca, signal }: Post): Promise<string> {
  const limit = AbortSignal.timeout(LIMIT);
  return new Promise((resolve, reject) => {
    const fail = (reason: string, options: { retryAfter?: number | null; refusesMessage?: boolean } = {}) =>
      reject(new SinkError(sink, `${url.origin} ${reason}`, options));
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = send(
      url,
      {
        method: method ?? 'POST',
        agent: false,
        // Whatever NODE_TLS_REJECT_UNAUTHORIZED says.
        rejectUnauthorized: true,
        headers: { 'user-agent': 'certagent', ...headers, 'content-length': Buffer.byteLength(body) },
        signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
        ...(ca === null ? {} : { ca }),
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
    request.once('error', (error) =>
      fail(limit.aborted ? `did not answer within ${LIMIT / 1000} s` : `could not be reached (${reasonOf(error)})`),
    );
    onUpgrade(request, () => fail('answered HTTP 101, and other protocols are not spoken'));
    request.end(body);
  });
}

/** The code is enough; messages of TLS errors carry certificates' names. */
function reasonOf(error: Error): string {
  const code = errorCode(error);
  return code === 'UNKNOWN' ? error.name : code;
}

/** RFC 9110: seconds, or a date. In milliseconds from now; null when absent or unreadable. */
function retryAfter(header: string | undefined): number | null {
  if (header === undefined) return null;
  if (/^\d+$/.test(header)) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, at - Date.now());
}
