import { type AccessReader, serverOf } from './access.ts';
import { type ApiResult, isOfServer } from './result.ts';
import { type ApiRequest, send } from './send.ts';

/** Milliseconds for one question to one server. */
const LIMIT = 5_000;
/** So many other servers are asked when the own one does not answer. */
const MOST_PEERS = 4;

export type Api = {
  get(path: string, options?: CallOptions): Promise<ApiResult<unknown>>;
  post(path: string, body: unknown, options?: CallOptions): Promise<ApiResult<unknown>>;
  put(path: string, body: unknown, options?: CallOptions): Promise<ApiResult<unknown>>;
  /** A merge patch (RFC 7386). */
  patch(path: string, body: unknown, options?: CallOptions): Promise<ApiResult<unknown>>;
  delete(path: string, options?: CallOptions): Promise<ApiResult<unknown>>;
};

/** `accept`: the form of the answer, where it is not the usual one. */
export type CallOptions = { limit?: number; signal?: AbortSignal | undefined; accept?: string };

/**
 * Asks the server that the kubeconfig names, and the other servers in turn where that does not answer: while this node's
 * own kube-apiserver restarts, its Lease must be renewed all the same. `peers`: their addresses, as "https://10.0.0.2:6443",
 * from the last membership that was seen. A request that changes something can have been carried out although no answer came:
 * who sends one must bear a conflict with themselves.
 */
export function makeApi({ access, peers }: { access: AccessReader; peers: () => string[] }): Api {
  /** The server that answered last is asked first, so that an outage costs one time limit and not one for each question. */
  let preferred: string | null = null;

  const call = async (request: Omit<ApiRequest, 'limit'>, limit = LIMIT): Promise<ApiResult<unknown>> => {
    const known = await access();
    if (!known.ok) return known;
    const own = known.value.server;
    const others = peers().filter((url) => URL.canParse(url) && new URL(url).host !== own.host);
    const urls = [own.href, ...others.slice(0, MOST_PEERS)];
    if (preferred !== null && urls.includes(preferred)) urls.unshift(preferred);
    let first: ApiResult<unknown> | null = null;
    let forbidden: ApiResult<unknown> | null = null;
    for (const url of new Set(urls)) {
      const answer = await send(serverOf(known.value, new URL(url)), { ...request, limit });
      if (answer.ok || !isOfServer(answer.problem)) {
        preferred = url === own.href ? null : url;
        return answer;
      }
      if (url === own.href || first === null) first = answer;
      if (answer.problem.kind === 'forbidden') forbidden ??= answer;
      if (request.signal?.aborted === true) break;
    }
    preferred = null;
    return forbidden ?? first!;
  };

  return {
    get: (path, { limit, signal, accept } = {}) =>
      call({ method: 'GET', path, signal, ...(accept === undefined ? {} : { accept }) }, limit),
    post: (path, body, { limit, signal } = {}) => call({ method: 'POST', path, body, signal }, limit),
    put: (path, body, { limit, signal } = {}) => call({ method: 'PUT', path, body, signal }, limit),
    patch: (path, body, { limit, signal } = {}) => call({ method: 'PATCH', path, body, signal }, limit),
    delete: (path, { limit, signal } = {}) => call({ method: 'DELETE', path, signal }, limit),
  };
}
