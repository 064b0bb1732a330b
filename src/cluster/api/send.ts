import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { errorCode } from '../../domain/model/errors.ts';
import { short } from '../../domain/text/printable.ts';
import { onUpgrade } from '../../host/http.ts';
import type { ClientCredentials } from '../../host/tls.ts';
import { type ApiProblem, type ApiResult, problem } from './result.ts';

/** More than this of an answer is not read: a node's object has some 20 KiB, a cluster has few control planes. */
const ANSWER_LIMIT = 2 * 1024 * 1024;

export type ApiRequest = {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With its query. */
  path: string;
  body?: unknown;
  /** Milliseconds until the whole answer must be there. */
  limit: number;
  signal?: AbortSignal | undefined;
  /** Media types of the answer; JSON where it is left out. */
  accept?: string;
};

/** Where a request goes, and as whom. */
export type Target = {
  server: URL;
  ca: string;
  /** The certificate of the server must be valid for one of these. */
  names: string[];
  client: ClientCredentials | null;
  token: string | null;
};

export type Exchange = { status: number; text: string; retryAfter: number | null };

/**
 * One request to one server, on a connection of its own: between two questions there is nothing to keep. The certificate of
 * the server is verified, with its dates. Redirects are not followed: they could carry credentials to somebody else.
 */
export function exchange(target: Target, request: ApiRequest): Promise<ApiResult<Exchange>> {
  const { server } = target;
  const limit = AbortSignal.timeout(request.limit);
  const signal = request.signal === undefined ? limit : AbortSignal.any([limit, request.signal]);
  return new Promise<ApiResult<Exchange>>((resolve) => {
    const fail = (why: ApiProblem) => resolve({ ok: false, problem: why });
    const asked = httpsRequest(new URL(request.path, server), options(target, request, signal), (response) => {
      const chunks: Buffer[] = [];
      let received = 0;
      response.on('data', (chunk: Buffer) => {
        received += chunk.length;
        if (received <= ANSWER_LIMIT) chunks.push(chunk);
        else response.destroy();
      });
      response.on('error', () => {});
      response.once('close', () => {
        if (received > ANSWER_LIMIT) return fail(problem('nonsense', `${server.host}: the answer has no end`));
        if (!response.complete) return fail(broken(server, limit, new Error('the answer is not complete')));
        const text = Buffer.concat(chunks).toString('utf8');
        const retryAfter = secondsOf(response.headers['retry-after']);
        resolve({ ok: true, value: { status: response.statusCode ?? 0, text, retryAfter } });
      });
    });
    asked.once('error', (error) => fail(broken(server, limit, error)));
    onUpgrade(asked, () => fail(problem('nonsense', `${server.host}: answers in another protocol`)));
    asked.end(request.body === undefined ? undefined : JSON.stringify(request.body));
  }).catch((error): ApiResult<Exchange> => ({ ok: false, problem: broken(server, limit, error) }));
}

/** As `exchange`: the JSON of an answer that says that it was done. */
export async function send(target: Target, request: ApiRequest): Promise<ApiResult<unknown>> {
  const answer = await exchange(target, request);
  return answer.ok ? resultOf(target.server, answer.value) : answer;
}

function options(target: Target, { method, body, accept = 'application/json' }: ApiRequest, signal: AbortSignal) {
  const host = target.server.hostname.replace(/^\[|\]$/g, '');
  return {
    method,
    agent: false as const,
    signal,
    ca: target.ca,
    // Whatever NODE_TLS_REJECT_UNAUTHORIZED says.
    rejectUnauthorized: true,
    servername: isIP(host) === 0 ? host : '',
    checkServerIdentity: (_name: string, peer: PeerCertificate) => {
      const wrong = target.names.map((name) => checkServerIdentity(name, peer));
      return wrong.includes(undefined) ? undefined : wrong[0];
    },
    ...(target.client === null ? {} : { cert: target.client.certificate, key: target.client.key }),
    headers: {
      accept,
      'user-agent': 'certagent',
      ...(target.token === null ? {} : { authorization: `Bearer ${target.token}` }),
      ...(body === undefined
        ? {}
        : { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' }),
    },
  };
}

function resultOf(server: URL, { status, text, retryAfter }: Exchange): ApiResult<unknown> {
  const detail = `${server.host} answers HTTP ${status}`;
  const failed = (kind: ApiProblem['kind']): ApiResult<unknown> => ({
    ok: false,
    problem: problem(kind, detail, retryAfter),
  });
  if (status >= 200 && status < 300) {
    try {
      return { ok: true, value: JSON.parse(text) as unknown };
    } catch {
      return { ok: false, problem: problem('nonsense', `${server.host}: the answer is not JSON`) };
    }
  }
  if (status === 401) return failed('unauthorized');
  if (status === 403) return failed('forbidden');
  if (status === 404) return failed('missing');
  if (status === 409) return failed('conflict');
  if (status === 429) return failed('throttled');
  if (status >= 500) return failed('unavailable');
  return failed(status >= 400 ? 'refused' : 'nonsense');
}

/** The API sends whole seconds. More than five minutes is not believed: a renewal waits for nobody's word that long. */
function secondsOf(header: string | undefined): number | null {
  return header !== undefined && /^\d{1,9}$/.test(header) ? Math.min(Number(header), 300) * 1000 : null;
}

const EXPIRED = ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'];
const UNTRUSTED = /^(CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|ERR_TLS_CERT_|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_)/;

function broken(server: URL, limit: AbortSignal, error: unknown): ApiProblem {
  const code = errorCode(error);
  if (limit.aborted) return problem('timeout', `${server.host} does not answer in time`);
  // The code is enough: messages of TLS errors carry names of certificates.
  const detail = `${server.host}: ${code === 'UNKNOWN' ? short((error as Error).message, 100) : short(code, 100)}`;
  if (EXPIRED.includes(code)) return problem('expired', detail);
  return problem(UNTRUSTED.test(code) ? 'untrusted' : 'unreachable', detail);
}
