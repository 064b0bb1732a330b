import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { errorCode } from '../../domain/model/errors.ts';
import { short } from '../../domain/text/printable.ts';
import { onUpgrade } from '../../host/http.ts';
import type { Access } from './access.ts';
import { type ApiProblem, type ApiResult, problem } from './result.ts';

/** More than this of an answer is not read: a node's object has some 20 KiB, a cluster has few control planes. */
const ANSWER_LIMIT = 2 * 1024 * 1024;

export type ApiRequest = {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  /** With its query. */
  path: string;
  body?: unknown;
  /** Milliseconds until the whole answer must be there. */
  limit: number;
  signal?: AbortSignal | undefined;
};

/**
 * One request to one server of the API, on a connection of its own: between two questions there is nothing to keep. The
 * certificate of the server is verified, with its dates, against the CA of the kubeconfig. Redirects are not followed: they
 * could carry credentials to somebody else.
 */
export function send(access: Access, server: URL, request: ApiRequest): Promise<ApiResult<unknown>> {
  const limit = AbortSignal.timeout(request.limit);
  const signal = request.signal === undefined ? limit : AbortSignal.any([limit, request.signal]);
  return new Promise<ApiResult<unknown>>((resolve) => {
    const fail = (why: ApiProblem) => resolve({ ok: false, problem: why });
    const asked = httpsRequest(new URL(request.path, server), options(access, server, request, signal), (response) => {
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
        resolve(resultOf(server, response.statusCode ?? 0, text, response.headers['retry-after']));
      });
    });
    asked.once('error', (error) => fail(broken(server, limit, error)));
    onUpgrade(asked, () => fail(problem('nonsense', `${server.host}: answers in another protocol`)));
    asked.end(request.body === undefined ? undefined : JSON.stringify(request.body));
  }).catch((error): ApiResult<unknown> => ({ ok: false, problem: broken(server, limit, error) }));
}

function options(access: Access, server: URL, { method, body }: ApiRequest, signal: AbortSignal) {
  const host = server.hostname.replace(/^\[|\]$/g, '');
  return {
    method,
    agent: false as const,
    signal,
    ca: access.ca,
    // Whatever NODE_TLS_REJECT_UNAUTHORIZED says.
    rejectUnauthorized: true,
    servername: isIP(host) === 0 ? host : '',
    checkServerIdentity: (_name: string, peer: PeerCertificate) => wrongIdentity(access, server, host, peer),
    ...(access.client === null ? {} : { cert: access.client.certificate, key: access.client.key }),
    headers: {
      accept: 'application/json',
      'user-agent': 'certagent',
      ...(access.token === null ? {} : { authorization: `Bearer ${access.token}` }),
      ...(body === undefined
        ? {}
        : { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' }),
    },
  };
}

/** Every API server's certificate has this name, whatever its addresses are. */
const OF_EVERY_SERVER = 'kubernetes.default.svc';

/**
 * The address of a peer comes from an object of the API, and a kubelet's serving certificate of the same CA has the address
 * of its node: credentials are sent to a peer only where it proves to be an API server.
 */
function wrongIdentity(access: Access, server: URL, host: string, peer: PeerCertificate): Error | undefined {
  const isOwn = server.host === access.server.host;
  const names = isOwn ? [access.serverName ?? host, OF_EVERY_SERVER] : [OF_EVERY_SERVER];
  const wrong = names.map((name) => checkServerIdentity(name, peer));
  return wrong.includes(undefined) ? undefined : wrong[0];
}

function resultOf(server: URL, status: number, text: string, retryAfter: string | undefined): ApiResult<unknown> {
  const wait = secondsOf(retryAfter);
  const detail = `${server.host} answers HTTP ${status}`;
  const failed = (kind: ApiProblem['kind']): ApiResult<unknown> => ({
    ok: false,
    problem: problem(kind, detail, wait),
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
