import type { Instant } from '../model/certificate.ts';
import { SECOND } from '../time/duration.ts';

/** The Lease by which the nodes of a cluster take turns (coordination.k8s.io/v1). */
export const LEASE = { namespace: 'kube-system', name: 'certagent-renewal' } as const;

/** Without a renewal for so long it has expired. */
export const LEASE_DURATION = 60 * SECOND;
/** The holder renews it so often. */
export const LEASE_RENEWED_EVERY = 10 * SECOND;
/**
 * The holder begins to stop something only while its own Lease is valid for at least this long, so that the node is seen to be
 * away before the Lease can expire.
 */
export const LEASE_MARGIN = 25 * SECOND;

/** A Lease as the API has it. The times are the holder's clock: for people to read, never to be compared. */
export type LeaseRecord = {
  resourceVersion: string;
  /** null: the API names none. */
  uid: string | null;
  /** null: nobody (the API has no holderIdentity, or an empty one). */
  holder: string | null;
  durationSeconds: number | null;
  acquireTime: string | null;
  renewTime: string | null;
  transitions: number;
};

/** The `spec` of the Lease, as it is sent. */
export type LeaseSpec = {
  holderIdentity: string;
  leaseDurationSeconds: number;
  acquireTime: string;
  renewTime: string;
  leaseTransitions: number;
};

/**
 * One write. `resourceVersion` null: create (POST; 409 is a conflict); else replace (PUT) with exactly this version, which the API
 * refuses with 409 when somebody has written since.
 */
export type LeaseWrite = {
  why: 'create' | 'acquire' | 'renew' | 'release';
  resourceVersion: string | null;
  /** Of the Lease that is replaced: one that was deleted meanwhile would be made anew, whatever version is named (v1.36.3). */
  uid: string | null;
  spec: LeaseSpec;
};

/** What a write came to. `unknown`: no answer, so that it may or may not have been carried out. */
export type WriteOutcome =
  | { state: 'written'; record: LeaseRecord }
  | { state: 'conflict' }
  | { state: 'refused'; why: 'no-credentials' | 'forbidden' | 'away'; detail: string }
  | { state: 'unknown'; detail: string };

/** With nobody as its holder: whoever deleted it may have done so under one. It is acquired a while later (`isFresh`). */
export function creating(wall: Instant): LeaseWrite {
  const time = microTime(wall);
  return { why: 'create', resourceVersion: null, uid: null, spec: { ...held('', time, time), leaseTransitions: 0 } };
}

/** Nobody has held it since it was created. */
export function isFresh({ holder, transitions }: LeaseRecord): boolean {
  return holder === null && transitions === 0;
}

export function acquiring(self: string, previous: LeaseRecord, wall: Instant): LeaseWrite {
  const time = microTime(wall);
  return {
    why: 'acquire',
    resourceVersion: previous.resourceVersion,
    uid: previous.uid,
    spec: { ...held(self, time, time), leaseTransitions: previous.transitions + 1 },
  };
}

export function renewing(self: string, record: LeaseRecord, wall: Instant): LeaseWrite {
  const time = microTime(wall);
  return {
    why: 'renew',
    resourceVersion: record.resourceVersion,
    uid: record.uid,
    spec: { ...held(self, record.acquireTime ?? time, time), leaseTransitions: record.transitions },
  };
}

/** As client-go's leader election releases: nobody holds it, and it expires at once. */
export function releasing(record: LeaseRecord, wall: Instant): LeaseWrite {
  const time = microTime(wall);
  return {
    why: 'release',
    resourceVersion: record.resourceVersion,
    uid: record.uid,
    spec: {
      ...held('', record.acquireTime ?? time, time),
      leaseDurationSeconds: 1,
      leaseTransitions: record.transitions,
    },
  };
}

/** How long others must have seen it unchanged. A record that is written by hand, or by a liar, delays nobody for long. */
export function expiresAfter({ durationSeconds }: LeaseRecord): number {
  return Math.min(Math.max((durationSeconds ?? 0) * SECOND, LEASE_DURATION), 10 * LEASE_DURATION);
}

function held(holderIdentity: string, acquireTime: string, renewTime: string) {
  return { holderIdentity, leaseDurationSeconds: LEASE_DURATION / SECOND, acquireTime, renewTime };
}

/** Kubernetes' MicroTime. */
function microTime(at: Instant): string {
  return new Date(at).toISOString().replace('Z', '000Z');
}
