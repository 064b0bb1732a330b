import type { Instant } from '../domain/model/certificate.ts';
import { short } from '../domain/text/printable.ts';
import { count, object, optional, orNull, readAs, type Shape, text } from '../host/shape.ts';
import type { Api, CallOptions } from './api/client.ts';
import { fromMicroTime, toMicroTime } from './api/microtime.ts';
import { type ApiResult, problem } from './api/result.ts';

export const LEASE = { namespace: 'kube-system', name: 'certagent-renewal' };

/** The Lease of the cluster, as the API shows it. */
export type ClusterLease = {
  /** Name of the node whose turn it is; null: nobody's. */
  holder: string | null;
  /** By the clock of the holder, which nobody else trusts. */
  acquiredAt: Instant | null;
  renewedAt: Instant | null;
  /** Milliseconds after its last renewal for which it counts. */
  duration: number;
  transitions: number;
  /** null: the object does not exist yet. */
  version: string | null;
};

const LEASES = `/apis/coordination.k8s.io/v1/namespaces/${LEASE.namespace}/leases`;
const ONE = `${LEASES}/${LEASE.name}`;
/** A name of a node has at most 253 characters (RFC 1123). */
const LONGEST_NAME = 253;

/** The Lease as it is now; one that nobody has made yet is free. */
export async function getLease(api: Api, options?: CallOptions): Promise<ApiResult<ClusterLease>> {
  const answer = await api.get(ONE, options);
  if (answer.ok) return leaseOf(answer.value);
  if (answer.problem.kind !== 'missing') return answer;
  const never = { holder: null, acquiredAt: null, renewedAt: null, duration: 0, transitions: 0, version: null };
  return { ok: true, value: never };
}

/**
 * Writes the Lease over the version that was read: of two that do this at once, one gets `conflict`. Answers as it is
 * written, with its new version.
 */
export async function putLease(api: Api, lease: ClusterLease, options?: CallOptions): Promise<ApiResult<ClusterLease>> {
  const body = bodyOf(lease);
  const answer = lease.version === null ? await api.post(LEASES, body, options) : await api.put(ONE, body, options);
  return answer.ok ? leaseOf(answer.value) : answer;
}

function bodyOf(lease: ClusterLease): unknown {
  const { holder, acquiredAt, renewedAt, duration, transitions, version } = lease;
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { ...LEASE, ...(version === null ? {} : { resourceVersion: version }) },
    spec: {
      holderIdentity: holder ?? '',
      leaseDurationSeconds: Math.max(1, Math.round(duration / 1000)),
      leaseTransitions: transitions,
      ...(acquiredAt === null ? {} : { acquireTime: toMicroTime(acquiredAt) }),
      ...(renewedAt === null ? {} : { renewTime: toMicroTime(renewedAt) }),
    },
  };
}

type Body = {
  metadata: { name: string; resourceVersion: string };
  spec?: {
    holderIdentity?: string | null;
    leaseDurationSeconds?: number | null;
    leaseTransitions?: number | null;
    acquireTime?: string | null;
    renewTime?: string | null;
  } | null;
};

const SHAPE: Shape<Body> = object({
  metadata: object({ name: text, resourceVersion: text }),
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

/** Whatever answers: a holder that is not a name of a node would name nobody whose health could be asked. */
function leaseOf(value: unknown): ApiResult<ClusterLease> {
  const read = readAs(SHAPE, value);
  const nonsense = (what: string): ApiResult<ClusterLease> => ({ ok: false, problem: problem('nonsense', what) });
  if (!read.fits || read.value.metadata.name !== LEASE.name) return nonsense('the answer is not the Lease');
  const { metadata, spec } = read.value;
  const holder = spec?.holderIdentity || null;
  if (holder !== null && (holder.length > LONGEST_NAME || short(holder) !== holder))
    return nonsense('the Lease names a holder that cannot be the name of a node');
  return {
    ok: true,
    value: {
      holder,
      acquiredAt: fromMicroTime(spec?.acquireTime),
      renewedAt: fromMicroTime(spec?.renewTime),
      duration: (spec?.leaseDurationSeconds ?? 0) * 1000,
      transitions: spec?.leaseTransitions ?? 0,
      version: metadata.resourceVersion,
    },
  };
}
