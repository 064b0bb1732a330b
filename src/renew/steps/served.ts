import { CertagentError, explain } from '../../domain/model/errors.ts';
import type { ServedExpectation, Step } from '../../domain/model/plan.ts';
import { readSmall, syncFile } from '../../host/files.ts';
import type { Root } from '../../host/root.ts';
import { type ClientCredentials, servedCertificate } from '../../host/tls.ts';
import { parseCertificate } from '../../host/x509.ts';
import type { StepContext } from '../engine/step-context.ts';
import { day, until } from '../engine/wait.ts';
import { cycle } from './cycle.ts';
import { readLeaf } from './leaf.ts';

type Of<Kind extends Step['kind']> = Extract<Step, { kind: Kind }>;

/** Waits until each endpoint serves the leaf on disk. Throws CertagentError SERVED_STALE or SERVED_UNREACHABLE. */
export async function verifyServed(step: Of<'verify-served'>, context: StepContext): Promise<string> {
  const answer = await untilServed(step.endpoints, step.limit, context);
  if (!(answer instanceof Map)) throw answer;
  return step.endpoints
    .map(({ name, path }) => `${name} serves the one that ends ${day(answer.get(path) ?? 0)}`)
    .join(', ');
}

/** etcd reads its files anew for each connection; it is cycled only where it does not. */
export async function cycleUnlessServed(step: Of<'cycle-unless-served'>, context: StepContext): Promise<string> {
  const answer = await untilServed(step.endpoints, step.patience, context);
  if (answer instanceof Map) return 'serves the new certificate by itself';
  return `did not serve the new certificate by itself; ${await cycle(step.cycle, context)}`;
}

/**
 * The listener's certificate (K3s: port 6443, RKE2: the supervisor's 9345) is renewed only some 30 seconds after the start,
 * and only if somebody connects: so connect again and again until it is new. Throws CertagentError LISTENER_STAYS_OLD.
 */
export async function awaitListener(step: Of<'await-listener'>, context: StepContext): Promise<string> {
  const { endpoint, expect } = step;
  const answer = await until(
    async () => {
      const state = await compare(context.root, { ...endpoint, path: expect.path });
      if (state.kind !== 'current') return `for ${endpoint.host}:${endpoint.port}: ${state.detail}`;
      if (expect.old !== null && state.notAfter <= expect.old.notAfter)
        return `for ${endpoint.host}:${endpoint.port} to renew its certificate, which ends ${day(state.notAfter)}`;
      return state;
    },
    { limit: step.limit, interval: Math.min(1_000, context.pollInterval * 4), waiting: context.waiting },
  );
  if (typeof answer !== 'string') {
    // K3s leaves that to chance: a power loss a little later would leave an empty file.
    await syncFile(context.root.at(expect.path));
    return `new certificate ends ${day(answer.notAfter)}`;
  }
  throw new CertagentError(
    'LISTENER_STAYS_OLD',
    `the listener's certificate was not renewed within ${step.limit / 1000} s (waited ${answer})`,
    {
      remedy: `Restart the unit once more, and connect to ${endpoint.host}:${endpoint.port} for the minute after that.`,
    },
  );
}

/** Ends of the served certificates by path of the file; or the error of the first endpoint that does not serve its file. */
async function untilServed(
  endpoints: ServedExpectation[],
  limit: number,
  context: StepContext,
): Promise<Map<string, number> | CertagentError> {
  let error = new CertagentError('SERVED_STALE', 'nothing was asked');
  const answer = await until(
    async () => {
      const states = await Promise.all(endpoints.map((endpoint) => compare(context.root, endpoint)));
      const ends = new Map<string, number>();
      for (const [index, state] of states.entries()) {
        const endpoint = endpoints[index] as ServedExpectation;
        if (state.kind === 'current') ends.set(endpoint.path, state.notAfter);
        else {
          error = servedError(endpoint, state, limit);
          return `for ${endpoint.name} (${endpoint.host}:${endpoint.port}): ${state.detail}`;
        }
      }
      return ends;
    },
    { limit, interval: context.pollInterval, waiting: context.waiting },
  );
  return typeof answer === 'string' ? error : answer;
}

type Served = { kind: 'current'; notAfter: number } | { kind: 'stale' | 'unreachable'; detail: string };

async function compare(root: Root, endpoint: ServedExpectation): Promise<Served> {
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
      detail: `serves a certificate that ends ${day(served.notAfter)}, not the one in ${endpoint.path}`,
    };
  } catch (error) {
    return { kind: 'unreachable', detail: explain(error) };
  }
}

async function credentials(
  root: Root,
  { certificatePath, keyPath }: { certificatePath: string; keyPath: string },
): Promise<ClientCredentials> {
  const [certificate, key] = await Promise.all([readSmall(root.at(certificatePath)), readSmall(root.at(keyPath))]);
  return { certificate: certificate.bytes.toString('utf8'), key: key.bytes.toString('utf8') };
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
