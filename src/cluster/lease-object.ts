import { LEASE, type LeaseRecord, type LeaseWrite, type WriteOutcome } from '../domain/cluster/lease.ts';
import type { LeaseSeen } from '../domain/cluster/seen.ts';
import { short } from '../domain/text/printable.ts';
import { count, object, optional, orNull, readAs, type Shape, text } from '../host/shape.ts';
import type { Api, CallOptions } from './api/api.ts';
import type { ApiProblem } from './api/result.ts';

const LEASES = `/apis/coordination.k8s.io/v1/namespaces/${LEASE.namespace}/leases`;
const ONE = `${LEASES}/${LEASE.name}`;
/** A name of a node has at most 253 characters (RFC 1123). */
const LONGEST = 253;

export async function readLease(api: Api, options?: CallOptions): Promise<LeaseSeen> {
  const answer = await api.get(ONE, options);
  if (!answer.ok)
    return answer.problem.kind === 'missing' ? { state: 'absent' } : { state: 'unreadable', ...whyNot(answer.problem) };
  const record = recordOf(answer.value);
  return record === null
    ? { state: 'unreadable', why: 'away', detail: 'the API answers something else than a Lease' }
    : { state: 'read', record };
}

/** The API refuses it with 409 when somebody has written since: of two that write at once, one gets `conflict`. */
export async function writeLease(api: Api, write: LeaseWrite, options?: CallOptions): Promise<WriteOutcome> {
  const { resourceVersion, uid, spec } = write;
  const known = resourceVersion === null ? {} : { resourceVersion, ...(uid === null ? {} : { uid }) };
  const metadata = { ...LEASE, ...known };
  const body = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec };
  const answer = resourceVersion === null ? await api.post(LEASES, body, options) : await api.put(ONE, body, options);
  if (!answer.ok) return outcomeOf(answer.problem);
  const record = recordOf(answer.value);
  // An API that agrees to everything and does nothing hands out the same version.
  const isWritten =
    record !== null && (record.holder ?? '') === spec.holderIdentity && record.resourceVersion !== resourceVersion;
  return isWritten
    ? { state: 'written', record }
    : { state: 'unknown', detail: 'the API answers something else than what was written' };
}

function outcomeOf(problem: ApiProblem): WriteOutcome {
  // Deleted since it was read: as good as changed.
  if (problem.kind === 'conflict' || problem.kind === 'missing') return { state: 'conflict' };
  const reached = ['credentials', 'unauthorized', 'forbidden', 'throttled', 'refused'].includes(problem.kind);
  return reached ? { state: 'refused', ...whyNot(problem) } : { state: 'unknown', detail: problem.detail };
}

function whyNot({ kind, detail }: ApiProblem): { why: 'no-credentials' | 'forbidden' | 'away'; detail: string } {
  if (kind === 'credentials' || kind === 'unauthorized') return { why: 'no-credentials', detail };
  return { why: kind === 'forbidden' || kind === 'refused' ? 'forbidden' : 'away', detail };
}

type Body = {
  metadata: { name: string; resourceVersion: string; uid?: string };
  spec?: {
    holderIdentity?: string | null;
    leaseDurationSeconds?: number | null;
    leaseTransitions?: number | null;
    acquireTime?: string | null;
    renewTime?: string | null;
  } | null;
};

const SHAPE: Shape<Body> = object({
  metadata: object({ name: text, resourceVersion: text, uid: optional(text) }),
  spec: optional(
    orNull(
      object({
        holderIdentity: optional(orNull(text)),
        leaseDurationSeconds: optional(orNull(count)),
        leaseTransitions: optional(orNull(count)),
        acquireTime: optional(orNull(text)),
        renewTime: optional(orNull(text)),
      }),
    ),
  ),
});

/** null: not our Lease, or one whose words cannot be names or times. Whatever it says comes to people's eyes. */
function recordOf(value: unknown): LeaseRecord | null {
  const read = readAs(SHAPE, value);
  if (!read.fits || read.value.metadata.name !== LEASE.name) return null;
  const { metadata, spec } = read.value;
  const words = [metadata.resourceVersion, metadata.uid, spec?.holderIdentity, spec?.acquireTime, spec?.renewTime];
  if (words.some((word) => typeof word === 'string' && short(word, LONGEST) !== word)) return null;
  return {
    resourceVersion: metadata.resourceVersion,
    uid: metadata.uid ?? null,
    holder: spec?.holderIdentity || null,
    durationSeconds: spec?.leaseDurationSeconds ?? null,
    acquireTime: spec?.acquireTime ?? null,
    renewTime: spec?.renewTime ?? null,
    transitions: spec?.leaseTransitions ?? 0,
  };
}
