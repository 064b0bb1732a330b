import { CertagentError, explain } from '../../domain/model/errors.ts';
import type { ServedExpectation } from '../../domain/model/plan.ts';
import { day } from '../../domain/time/day.ts';
import { readSmall } from '../../host/files.ts';
import { readLeaf } from '../../host/leaf.ts';
import { followLinks } from '../../host/links.ts';
import type { Root } from '../../host/root.ts';
import { type ClientCredentials, servedCertificate } from '../../host/tls.ts';
import { parseCertificate } from '../../host/x509.ts';
import type { StepContext } from '../steps/actor.ts';
import { until } from '../wait.ts';

/**
 * Waits until each endpoint serves its file. Gives the expiry of the served certificates by path of the file; or the error of
 * the first endpoint that serves something else.
 */
export async function untilServed(
  endpoints: ServedExpectation[],
  limit: number,
  context: StepContext,
): Promise<Map<string, number> | CertagentError> {
  let error = new CertagentError('SERVED_STALE', 'no endpoint was asked');
  const answer = await until(
    async () => {
      const states = await Promise.all(endpoints.map((endpoint) => compareServed(context.root, endpoint)));
      const expiries = new Map<string, number>();
      for (const [index, state] of states.entries()) {
        const endpoint = endpoints[index] as ServedExpectation;
        if (state.kind === 'current') expiries.set(endpoint.path, state.notAfter);
        else {
          error = servedError(endpoint, state, limit);
          return `for ${endpoint.name} (${endpoint.host}:${endpoint.port}): ${state.detail}`;
        }
      }
      return expiries;
    },
    { limit, interval: context.pollInterval, waiting: context.waiting },
  );
  return typeof answer === 'string' ? error : answer;
}

type Served = { kind: 'current'; notAfter: number } | { kind: 'stale' | 'unreachable'; detail: string };

/** What an endpoint serves, against the leaf on disk. */
export async function compareServed(root: Root, endpoint: ServedExpectation): Promise<Served> {
  try {
    const { certificate } = await readLeaf(root, endpoint.path);
    const client = endpoint.client === undefined ? undefined : await credentials(root, endpoint.client);
    const raw = await servedCertificate(endpoint.host, endpoint.port, {
      limit: 3_000,
      ...(client === undefined ? {} : { client }),
    });
    const served = parseCertificate(raw);
    if (served.fingerprint === certificate.fingerprint) return { kind: 'current', notAfter: served.notAfter };
    return {
      kind: 'stale',
      detail: `serves a certificate that expires ${day(served.notAfter)}, not the one in ${endpoint.path}`,
    };
  } catch (error) {
    return { kind: 'unreachable', detail: explain(error) };
  }
}

async function credentials(
  root: Root,
  { certificatePath, keyPath }: { certificatePath: string; keyPath: string },
): Promise<ClientCredentials> {
  const text = async (path: string) => (await readSmall(await followLinks(root, path))).bytes.toString('utf8');
  const [certificate, key] = await Promise.all([text(certificatePath), text(keyPath)]);
  return { certificate, key };
}

function servedError(
  endpoint: ServedExpectation,
  state: Exclude<Served, { kind: 'current' }>,
  limit: number,
): CertagentError {
  return new CertagentError(
    state.kind === 'stale' ? 'SERVED_STALE' : 'SERVED_UNREACHABLE',
    `${endpoint.name} (${endpoint.host}:${endpoint.port}) after ${limit / 1000} s: ${state.detail}`,
    {
      remedy: `See the log of ${endpoint.name}, and what it serves: openssl s_client -connect ${endpoint.host}:${endpoint.port}`,
    },
  );
}
