import { errorCode } from '../domain/model/errors.ts';
import { ProxyRefusal } from './route.ts';
import { SinkError } from './sink.ts';
import { trustRemedy } from './trusted-cas.ts';

/** Milliseconds for a connection, and for the answer on it. */
export const LIMIT = 15_000;
const PROXY_REMEDY = 'The proxy does not connect to this address: check proxy, proxy_file or HTTPS_PROXY.';

/** Why a server could not be asked, with the address's origin only. `limit`: of the whole attempt. A SinkError stays as it is. */
export function unreached(sink: string, { origin }: URL, error: unknown, limit: AbortSignal): SinkError {
  if (error instanceof SinkError) return error;
  if (limit.aborted) return new SinkError(sink, `${origin} did not answer within ${LIMIT / 1000} s`);
  if (error instanceof ProxyRefusal)
    return new SinkError(sink, `${origin} could not be reached: ${error.message}`, { remedy: PROXY_REMEDY });
  const code = reasonOf(error);
  const remedy = trustRemedy(code);
  return new SinkError(sink, `${origin} could not be reached (${code})`, remedy === undefined ? {} : { remedy });
}

/** The code is enough; messages of TLS errors carry certificates' names. */
function reasonOf(error: unknown): string {
  const code = errorCode(error);
  return code === 'UNKNOWN' && error instanceof Error ? error.name : code;
}
