import { request as httpsRequest } from 'node:https';
import { errorCode } from '../domain/model/errors.ts';
import { onUpgrade } from './http.ts';
import type { ClientCredentials } from './tls.ts';

/** Of a server whose certificate `ca` has signed, and which is shown a client certificate. */
export type TrustedRequest = {
  url: string;
  ca: string;
  client: ClientCredentials;
  method?: 'GET' | 'POST';
  headers?: Record<string, string>;
  body?: Buffer;
  /** Milliseconds until the whole answer must be there. */
  limit: number;
  signal?: AbortSignal | undefined;
  /** Which lines of the answer are kept; left out: all. */
  keep?: (line: string) => boolean;
};

/** `status` null: no answer came; `problem` says why. */
export type TrustedAnswer = { status: number; text: string; problem: null } | { status: null; problem: string };

/** More than this of an answer is not kept, and more than that not read. */
const KEPT = 1024 * 1024;
const READ = 256 * 1024 * 1024;

/** One request on a connection of its own. No redirect is followed: it could carry a password in a header to somebody else. */
export function trustedRequest(request: TrustedRequest): Promise<TrustedAnswer> {
  const { url, ca, client, method = 'GET', headers = {}, body, limit, keep = () => true } = request;
  const timeout = AbortSignal.timeout(limit);
  const signal = request.signal === undefined ? timeout : AbortSignal.any([timeout, request.signal]);
  return new Promise<TrustedAnswer>((resolve) => {
    const failed = (error: NodeJS.ErrnoException) =>
      resolve({ status: null, problem: timeout.aborted ? 'no answer in time' : (error.code ?? error.message) });
    const { certificate: cert, key } = client;
    // Whatever NODE_TLS_REJECT_UNAUTHORIZED says.
    const options = { method, agent: false as const, ca, cert, key, rejectUnauthorized: true, headers, signal };
    const asked = httpsRequest(url, options, (response) => {
      const lines: string[] = [];
      let [rest, kept, read] = ['', 0, 0];
      const take = (line: string) => {
        if (kept > KEPT || !keep(line)) return;
        kept += line.length;
        lines.push(line);
      };
      response.setEncoding('latin1');
      response.on('data', (chunk: string) => {
        read += chunk.length;
        const parts = `${rest}${chunk}`.split('\n');
        rest = parts.pop() ?? '';
        for (const line of parts) take(line);
        if (read > READ || rest.length > KEPT) response.destroy(new Error('the answer has no end'));
      });
      response.once('error', failed);
      response.once('end', () => {
        if (rest !== '') take(rest);
        resolve({ status: response.statusCode ?? 0, text: lines.join('\n'), problem: null });
      });
    });
    asked.once('error', failed);
    onUpgrade(asked, () => resolve({ status: null, problem: 'it answers in another protocol' }));
    asked.end(body);
  }).catch((error): TrustedAnswer => ({ status: null, problem: errorCode(error) }));
}
