import type { Api } from '../cluster/api/api.ts';
import type { ApiProblem } from '../cluster/api/result.ts';
import type { Config } from '../config/schema.ts';
import type { Certificate, Instant } from '../domain/model/certificate.ts';
import type { Policy } from '../domain/model/decision.ts';
import { explain } from '../domain/model/errors.ts';
import type { Inventory } from '../domain/model/inventory.ts';
import type { UserMemory, UserNext, UserRequest, UserSpec } from '../domain/model/user-certificate.ts';
import { SECOND } from '../domain/time/duration.ts';
import { whyNotAccepted } from '../domain/users/judge-user-certificate.ts';
import { failing } from '../domain/users/user-memory.ts';
import { requestName } from '../domain/users/user-names.ts';
import { againBy } from '../domain/users/user-step.ts';
import { requestForUser } from '../host/certificate-request.ts';
import { certificateTexts } from '../host/pem.ts';
import type { Root } from '../host/root.ts';
import { isSignedBy, parseCertificate } from '../host/x509.ts';
import type { Source } from '../sync/admin-kubeconfig.ts';

export type UsersRequest = {
  root: Root;
  config: Pick<Config, 'copies' | 'users'>;
  inventory: Inventory;
  policy: Policy;
  /** Nothing is requested or written. */
  dryRun: boolean;
  /** Whether what is seen may be written to the state directory, and an interrupted write finished. */
  remember: boolean;
};

/** How the cluster is asked. `clientCas`: PEM of the CAs that sign client certificates. */
export type Exchange = { root: Root; kubeconfig: string; clientCas: string[]; now(): Instant };

/** `next` null: there is a certificate to write. */
export type Exchanged = { memory: UserMemory; next: UserNext | null };

/** The memory with a new key, and a request for it that is not sent yet. `present`: what it replaces. */
export async function newUserRequest(
  memory: UserMemory,
  spec: UserSpec,
  present: Certificate | null,
  now: Instant,
): Promise<UserMemory> {
  const made = await requestForUser(spec.user, spec.groups, present?.keyType ?? 'EC P-256');
  const { csr, key, publicKey } = made;
  const request: UserRequest = {
    ...spec,
    ...{ name: requestName(spec.user, publicKey), createdAt: now, publicKey, key, csr },
    ...{ replaces: present?.fingerprint ?? null, postedAt: null, approved: false, certificate: null },
  };
  return { ...memory, request };
}

/** Sends the request if it is not in the cluster, approves it where that is configured, and takes what was signed. */
export async function followRequest(
  exchange: Exchange,
  { memory, spec, present }: { memory: UserMemory; spec: UserSpec; present: Certificate | null },
): Promise<Exchanged> {
  const { makeRequest, readCsr, approveCsr } = await import('../cluster/user-requests.ts');
  const request = memory.request!;
  const api = await apiOf(exchange);
  const now = exchange.now();
  const over = (why: string): Exchanged => failed({ ...memory, request: null }, why, now);
  let state = await readCsr(api, request);
  if (state.ok && state.value.is === 'missing') {
    // Requests that nobody decides are removed after a day (kube-controller-manager).
    if (request.postedAt !== null) return over(`the request ${request.name} was removed before it was signed`);
    const made = await makeRequest(api, request);
    if (!made.ok) return isFinal(made.problem) ? over(made.problem.detail) : away(memory, made.problem, now);
    state = await readCsr(api, request);
  }
  let kept: UserMemory = { ...memory, request: { ...request, postedAt: request.postedAt ?? now } };
  if (state.ok && state.value.is === 'pending' && spec.approve && !state.value.approved) {
    const done = await approveCsr(api, request);
    if (!done.ok) return away(kept, done.problem, now);
    state = await readCsr(api, request);
  }
  for (const until = performance.now() + PATIENCE; isBeingSigned(state) && performance.now() < until; ) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
    state = await readCsr(api, request);
  }
  if (!state.ok) return away(kept, state.problem, now);
  const { value } = state;
  switch (value.is) {
    case 'pending': {
      kept = { ...kept, request: { ...kept.request!, approved: value.approved } };
      const { name, postedAt } = kept.request!;
      return { memory: kept, next: { is: 'waiting', name, since: postedAt!, approved: value.approved } };
    }
    case 'issued':
      return accept(exchange, { memory: kept, present }, value.certificate);
    case 'denied': {
      const why = `the request ${request.name} was denied: ${value.why}`;
      return {
        memory: { ...kept, request: null, denied: value.why },
        next: { is: 'stopped', why, remedy: againBy(spec) },
      };
    }
    case 'failed':
      return over(`the cluster did not sign the request ${request.name}: ${value.why}`);
    case 'foreign':
      return over(`${request.name} in the cluster asks for something else`);
    case 'missing':
      return over(`the request ${request.name} was removed before it was signed`);
  }
}

/** How long the signer of the cluster is waited for after the approval, and between two questions. Milliseconds. */
const PATIENCE = 10 * SECOND;
const PAUSE = 300;

const isBeingSigned = (state: { ok: true; value: { is: string; approved?: boolean } } | { ok: false }): boolean =>
  state.ok && state.value.is === 'pending' && state.value.approved === true;

/** What was signed is what was asked for, and the API accepts it: only then is it written. */
async function accept(
  exchange: Exchange,
  { memory, present }: { memory: UserMemory; present: Certificate | null },
  signed: string,
): Promise<Exchanged> {
  const { whyNotServed } = await import('../cluster/user-requests.ts');
  const request = memory.request!;
  const now = exchange.now();
  const over = (why: string): Exchanged => failed({ ...memory, request: null }, why, now);
  const pem = certificateTexts(signed)[0] ?? '';
  let certificate: Certificate;
  try {
    certificate = parseCertificate(pem);
  } catch (error) {
    return over(`what the cluster has signed cannot be used: ${explain(error)}`);
  }
  const ca = exchange.clientCas.find((each) => isSignedBy(pem, each));
  const caNotAfter = ca === undefined ? null : parseCertificate(ca).notAfter;
  const why = whyNotAccepted(request, { certificate, caNotAfter }, { present, now });
  if (why !== null) return over(`the certificate that the cluster has signed ${why}`);
  const served = await whyNotServed(await apiOf(exchange, { certificate: pem, key: request.key }));
  if (!served.ok && served.problem.kind === 'unauthorized')
    return over(`the API does not accept the new certificate: ${served.problem.detail}`);
  if (!served.ok) return away(memory, served.problem, now);
  return { memory: { ...memory, request: { ...request, certificate: pem } }, next: null };
}

/** Removes a request from the cluster, where that can be done. */
export async function withdraw(root: Root, { path }: Pick<Source, 'path'>, name: string): Promise<void> {
  const { removeCsr } = await import('../cluster/user-requests.ts');
  await removeCsr(await apiOf({ root, kubeconfig: path }), name);
}

/** As the node's administrator, or with a user's own certificate at the same server. */
export async function apiOf(
  { root, kubeconfig }: Pick<Exchange, 'root' | 'kubeconfig'>,
  client?: Client,
): Promise<Api> {
  const { makeAccessReader } = await import('../cluster/api/access.ts');
  const { makeApi } = await import('../cluster/api/api.ts');
  const admin = makeAccessReader(root, kubeconfig);
  const access: typeof admin = async () => {
    const known = await admin();
    return known.ok && client !== undefined ? { ok: true, value: { ...known.value, client, token: null } } : known;
  };
  return makeApi({ access, peers: () => [] });
}
type Client = { certificate: string; key: string };

/** Asked again, it would be refused again. */
const isFinal = ({ kind }: ApiProblem): boolean => kind === 'forbidden' || kind === 'refused';

function failed(memory: UserMemory, why: string, now: Instant): Exchanged {
  return { memory: failing(memory, why, now), next: { is: 'failed', until: now, why } };
}

/** The request stays: the next check asks again. */
function away(memory: UserMemory, { detail }: ApiProblem, now: Instant): Exchanged {
  return { memory, next: { is: 'failed', until: now, why: `the Kubernetes API: ${detail}` } };
}
