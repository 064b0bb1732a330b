// Answers requests of the Kubernetes API from the objects, as well or as badly as its faults say.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ApiAnswer, type ApiObject, failure, type Objects } from './objects.ts';
import { mayAsServiceAccount } from './roles.ts';
import { CSRS, decideRequest, refusedRequest } from './signing.ts';

export type ApiFaults = {
  /**
   * silent: takes the request and never answers; slow: answers after `delay`; endless: a body without an end; garbage: JSON of
   * something else; broken: 500; cut: the connection ends in the middle of the answer; agrees: answers every write as if it had
   * been done, and does nothing.
   */
  mode: 'none' | 'silent' | 'slow' | 'endless' | 'garbage' | 'broken' | 'cut' | 'agrees';
  /** Milliseconds, where it is slow. */
  delay: number;
  /** Answers 401 to everybody. */
  unauthorized: boolean;
  /** As a kube-apiserver that has not read its roles yet: answers 403 to everybody but system:masters (of whom there is none here). */
  starting: boolean;
  /** "VERB resource" that are forbidden: "update leases", or "*" for all. */
  forbidden: string[];
  /** Answers 429 with this Retry-After, in seconds; null: it does not. */
  retryAfter: number | null;
};

export const NO_API_FAULTS: ApiFaults = {
  mode: 'none',
  delay: 0,
  unauthorized: false,
  starting: false,
  forbidden: [],
  retryAfter: null,
};

const LARGEST = 1024 * 1024;

export type ApiHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  user: string | undefined,
) => Promise<void>;

/** `faults` are asked at each request. `seen`: called with "GET /path" of each. */
export function apiHandler(
  objects: Objects,
  faults: () => ApiFaults,
  seen: (line: string) => void = () => {},
): ApiHandler {
  return async (request, response, user) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://api');
    const body = await bodyOf(request);
    seen(`${request.method} ${pathname}`);
    const now = faults();
    if (now.mode === 'silent') return;
    if (now.mode === 'slow') await new Promise((resolve) => setTimeout(resolve, now.delay));
    if (now.mode === 'endless') return endless(response);
    if (now.mode === 'garbage')
      return answer(response, { status: 200, body: { kind: 'Pod', metadata: [], spec: 'no' } });
    if (now.mode === 'broken') return answer(response, failure(500, 'InternalError', 'etcdserver: request timed out'));
    const refusal = refusedBy(objects, now, request.method ?? 'GET', pathname, user);
    if (refusal === null && pathname === '/readyz') return void response.end('ok');
    if (refusal !== null) return answer(response, refusal, now.retryAfter);
    if (searchParams.get('watch') === '1' || searchParams.get('watch') === 'true')
      return stream(objects, pathname, request, response);
    const isWrite = request.method !== 'GET';
    if (now.mode === 'agrees' && isWrite) return answer(response, { status: 200, body });
    const result =
      (await csrAnswer(objects, request.method, pathname, body, user)) ??
      objects.handle(request.method ?? 'GET', pathname, searchParams, asUser(pathname, body, user));
    if (now.mode === 'cut') {
      response.writeHead(result.status, { 'content-type': 'application/json', 'content-length': '100000' });
      response.write('{"kind":');
      setTimeout(() => response.destroy(), 10);
      return;
    }
    answer(response, result);
  };
}

/** null: as for any other object. */
async function csrAnswer(
  objects: Objects,
  method: string | undefined,
  path: string,
  body: unknown,
  user: string | undefined,
): Promise<ApiAnswer | null> {
  if (method === 'PUT' && path.startsWith(`${CSRS}/`) && path.endsWith('/approval'))
    return decideRequest(objects, path, body);
  if (method !== 'POST' || path !== CSRS) return null;
  const refused = await refusedRequest(body);
  if (refused === null) Object.assign((body as ApiObject & { spec: object }).spec, { username: user });
  return refused;
}

const VERBS: Record<string, string> = { GET: 'get', POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

function refusedBy(
  objects: Objects,
  faults: ApiFaults,
  method: string,
  path: string,
  user: string | undefined,
): ApiAnswer | null {
  if (faults.retryAfter !== null) return failure(429, 'TooManyRequests', 'too many requests, please try again later');
  if (faults.starting) return failure(403, 'Forbidden', `forbidden: User "${user}" cannot ${method} path "${path}"`);
  // Of those that show no credentials, too (system:public-info-viewer).
  if (path === '/readyz' && !faults.unauthorized) return null;
  if (user === undefined || faults.unauthorized) return failure(401, 'Unauthorized', 'Unauthorized');
  const resource = /\/(nodes|leases|events|certificatesigningrequests)(\/|$)/.exec(path)?.[1] ?? '';
  const what = `${VERBS[method]} ${resource}`;
  const may = mayAsNode(user, what, path) && mayAsServiceAccount(objects, user, VERBS[method] ?? '', path);
  return faults.forbidden.some((each) => each === '*' || each === what) || !may
    ? failure(
        403,
        'Forbidden',
        `${resource} is forbidden: User "${user}" cannot ${VERBS[method]} resource "${resource}"`,
      )
    : null;
}

/** A kubelet may change its own Node, make Events and read requests for certificates (the Node authorizer, NodeRestriction). */
function mayAsNode(user: string, what: string, path: string): boolean {
  const name = /^system:node:(.*)$/.exec(user)?.[1];
  if (name === undefined) return true;
  if (what === 'get nodes' || what === 'patch nodes') return path === `/api/v1/nodes/${name}`;
  return what === 'create events' || /^(?:get|create) certificatesigningrequests$/.test(what);
}

/** Who asks for a certificate is what the API writes into the request. */
function asUser(path: string, body: unknown, user: string | undefined): unknown {
  if (!path.endsWith('/certificatesigningrequests') || typeof body !== 'object' || body === null) return body;
  return { ...body, spec: { ...(body as { spec?: object }).spec, username: user } };
}

function stream(objects: Objects, collection: string, request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  const stop = objects.watch(collection, (change) => response.write(`${JSON.stringify(change)}\n`));
  request.once('close', stop);
  response.once('close', stop);
}

function endless(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  const more = () => {
    while (!response.destroyed && response.write(' '.repeat(65_536)));
  };
  response.on('drain', more);
  response.on('error', () => {});
  more();
}

function answer(response: ServerResponse, { status, body }: ApiAnswer, retryAfter: number | null = null): void {
  const more = retryAfter === null ? {} : { 'retry-after': String(retryAfter) };
  response.writeHead(status, { 'content-type': 'application/json', ...more });
  response.end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= LARGEST) chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8') || 'null');
  } catch {
    return null;
  }
}
