import { short } from '../domain/text/printable.ts';
import { SECOND } from '../domain/time/duration.ts';
import { list, number, object, optional, orNull, readAs, type Shape, text } from '../host/shape.ts';
import type { Api } from './api/api.ts';
import { CSRS } from './api/csrs.ts';
import { type ApiResult, problem } from './api/result.ts';

// Requests for certificates of users (certificates.k8s.io/v1). The signer signs for clients alone, and for whom the request names.

const USER_SIGNER = 'kubernetes.io/kube-apiserver-client';
const USAGES = ['client auth', 'digital signature', 'key encipherment'];

/** `csr`: PEM. `expires`: milliseconds. */
export type UserCsr = { name: string; csr: string; expires: number };

/** What became of a request. `foreign`: the object of this name asks for something else. */
export type CsrState =
  | { is: 'missing' }
  | { is: 'foreign' }
  | { is: 'pending'; approved: boolean }
  | { is: 'denied' | 'failed'; why: string }
  /** PEM. */
  | { is: 'issued'; certificate: string };

/** Makes the request. That it exists is as good: its name follows from the key, and what it asks for is read next. */
export async function makeRequest(api: Api, { name, csr, expires }: UserCsr): Promise<ApiResult<null>> {
  const made = await api.post(CSRS, {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name, labels: { 'app.kubernetes.io/managed-by': 'certagent' } },
    spec: { request: encoded(csr), signerName: USER_SIGNER, expirationSeconds: seconds(expires), usages: USAGES },
  });
  return made.ok || made.problem.kind === 'conflict' ? { ok: true, value: null } : made;
}

export async function readCsr(api: Api, csr: UserCsr): Promise<ApiResult<CsrState>> {
  const found = await find(api, csr.name);
  return found.ok ? { ok: true, value: found.value === null ? { is: 'missing' } : stateOf(found.value, csr) } : found;
}

/** Approves the request, where it is exactly what certagent has asked for and nobody has decided. */
export async function approveCsr(api: Api, csr: UserCsr): Promise<ApiResult<null>> {
  const found = await find(api, csr.name);
  if (!found.ok) return found;
  if (found.value === null) return { ok: false, problem: problem('missing', `${csr.name} does not exist any more`) };
  const state = stateOf(found.value, csr);
  if (state.is !== 'pending' || state.approved) return { ok: true, value: null };
  const condition = {
    type: 'Approved',
    status: 'True',
    reason: 'CertagentApprove',
    message: 'users.certificates of the configuration of certagent says "approve = true"',
  };
  // As it was read, whatever this version knows of it: somebody else's change in between is a conflict.
  const { status, ...rest } = found.value.object as { status?: { conditions?: unknown[] } };
  const body = { ...rest, status: { ...status, conditions: [...(status?.conditions ?? []), condition] } };
  const done = await api.put(`${CSRS}/${csr.name}/approval`, body);
  return done.ok ? { ok: true, value: null } : done;
}

/** A request that nobody needs any more. */
export async function removeCsr(api: Api, name: string): Promise<void> {
  await api.delete(`${CSRS}/${name}`);
}

/** Whether the API knows who asks; somebody who may read nothing is known all the same. */
export async function whyNotServed(api: Api): Promise<ApiResult<null>> {
  const answer = await api.get('/api');
  return answer.ok || answer.problem.kind === 'forbidden' ? { ok: true, value: null } : answer;
}

async function find(api: Api, name: string): Promise<ApiResult<(Found & { object: unknown }) | null>> {
  const answer = await api.get(`${CSRS}/${name}`);
  if (!answer.ok) return answer.problem.kind === 'missing' ? { ok: true, value: null } : answer;
  const read = readAs(SHAPE, answer.value);
  if (!read.fits || read.value.metadata.name !== name)
    return { ok: false, problem: problem('nonsense', 'the answer is not this certificate signing request') };
  return { ok: true, value: { ...read.value, object: answer.value } };
}

function stateOf({ spec, status }: Found, { csr, expires }: UserCsr): CsrState {
  const isOurs =
    spec.signerName === USER_SIGNER &&
    spec.request === encoded(csr) &&
    spec.expirationSeconds === seconds(expires) &&
    JSON.stringify([...(spec.usages ?? [])].sort()) === JSON.stringify([...USAGES].sort());
  if (!isOurs) return { is: 'foreign' };
  const conditions = status?.conditions ?? [];
  for (const [type, is] of [
    ['Denied', 'denied'],
    ['Failed', 'failed'],
  ] as const) {
    const one = conditions.find((condition) => condition.type === type);
    if (one !== undefined) return { is, why: short([one.reason, one.message].filter(Boolean).join(': ') || is, 200) };
  }
  if (status?.certificate) return { is: 'issued', certificate: Buffer.from(status.certificate, 'base64').toString() };
  return { is: 'pending', approved: conditions.some(({ type }) => type === 'Approved') };
}

const encoded = (pem: string): string => Buffer.from(pem).toString('base64');
const seconds = (milliseconds: number): number => Math.floor(milliseconds / SECOND);

type Condition = { type: string; reason?: string | null; message?: string | null };
type Found = {
  metadata: { name: string };
  spec: { request: string; signerName: string; expirationSeconds?: number | null; usages?: string[] | null };
  status?: { certificate?: string | null; conditions?: Condition[] | null } | null;
};

const SHAPE: Shape<Found> = object({
  metadata: object({ name: text }),
  spec: object({
    request: text,
    signerName: text,
    expirationSeconds: optional(orNull(number)),
    usages: optional(orNull(list(text))),
  }),
  status: optional(
    orNull(
      object({
        certificate: optional(orNull(text)),
        conditions: optional(
          orNull(list(object({ type: text, reason: optional(orNull(text)), message: optional(orNull(text)) }))),
        ),
      }),
    ),
  ),
});
