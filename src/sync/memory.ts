import type { Certificate, Instant } from '../domain/model/certificate.ts';
import { formatDuration } from '../domain/time/duration.ts';

// Expiry is the only revocation that Kubernetes has for client certificates, and certagent must not undo it. Whose copy
// is renewed therefore rests on what root has written down here, never on what a user can put into a home.

export type Known = { fingerprint: string; notAfter: Instant };
/** A copy that held the node's certificate of that time when certagent read it. */
export type Remembered = Known & { path: string; uid: number };

export type Memory = {
  /** The node's own certificates, the one in use now last. */
  sources: Known[];
  copies: Remembered[];
  /** Copies that were removed: until then, only a current certificate or an administrator brings them back. */
  gone: { path: string; uid: number; until: Instant }[];
};

export const NOTHING: Memory = { sources: [], copies: [], gone: [] };

/** Enough to know the previous one across renewals that are rolled back. */
const MOST_SOURCES = 8;

/** The node's own kubeconfig holds this certificate now. */
export function withSource(memory: Memory, { fingerprint, notAfter }: Known): Memory {
  const others = memory.sources.filter((source) => source.fingerprint !== fingerprint);
  return { ...memory, sources: [...others, { fingerprint, notAfter }].slice(-MOST_SOURCES) };
}

/** A copy was seen to hold the node's certificate, or was given it. */
export function withCurrent(memory: Memory, path: string, uid: number, { fingerprint, notAfter }: Known): Memory {
  const isKnown = (copy: Remembered) =>
    copy.path === path && copy.uid === uid && copy.fingerprint === fingerprint && copy.notAfter === notAfter;
  // In its place, so that a check that changes nothing writes nothing.
  if (memory.copies.some(isKnown)) return memory;
  return {
    ...memory,
    copies: [...memory.copies.filter((copy) => copy.path !== path), { path, uid, fingerprint, notAfter }],
    gone: memory.gone.filter((gone) => gone.path !== path),
  };
}

export type Passing = {
  now: Instant;
  grace: number;
  /** Whether the path is known to hold no copy any more, or none that may be renewed. */
  isGone(path: string): boolean;
};

/** A copy is forgotten when its file is gone, or `grace` after its expiry. */
export function forgetting(memory: Memory, { now, grace, isGone }: Passing): Memory {
  const until = (memory.sources.at(-1)?.notAfter ?? now) + grace;
  const gone = memory.copies.filter(({ path }) => isGone(path));
  return {
    ...memory,
    copies: memory.copies.filter(({ path, notAfter }) => !isGone(path) && now <= notAfter + grace),
    gone: [
      ...memory.gone.filter((one) => now <= one.until && !gone.some(({ path }) => path === one.path)),
      ...gone.map(({ path, uid }) => ({ path, uid, until })),
    ],
  };
}

export type Claim = { path: string; uid: number; certificate: Certificate; now: Instant; grace: number };

/** Why a copy's proven but older certificate is not renewed; null when it may be. */
export function whyNotRenewed(memory: Memory, { path, uid, certificate, now, grace }: Claim): string | null {
  if (now > certificate.notAfter + grace) return `has expired more than ${formatDuration(grace)} ago`;
  const isSame = (known: Known) => known.fingerprint === certificate.fingerprint;
  if (memory.copies.some((copy) => copy.path === path && copy.uid === uid && isSame(copy))) return null;
  if (memory.gone.some((gone) => gone.path === path || gone.uid === uid))
    return 'was removed before, and came back with an older certificate';
  const previous = memory.sources.at(-2);
  if (previous !== undefined && isSame(previous)) return null;
  return 'has an older certificate, and certagent never saw it hold a current one';
}
