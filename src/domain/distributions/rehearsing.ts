import type { Inventory } from '../model/inventory.ts';
import type { Rehearsal, RehearsedAuthority } from '../model/rehearsal.ts';
import type { Draft } from '../plan/draft.ts';

/** How a distribution's renewal is tried on copies first. */
export type Rehearsing = {
  /** Why it cannot be rehearsed on this node; null: it can. */
  hindrance(inventory: Inventory): Hindrance | null;
  /** null: this plan has nothing to rehearse. `cure`: a file that makes a start succeed that hangs without it. */
  of(draft: Draft): { rehearsal: Rehearsal; cure: string | null } | null;
};

/** `why` ends the sentence "not rehearsed: …". `replaced`: another check stands in its place, so that nobody has to insist on it. */
export type Hindrance = { why: string; replaced?: true };

export const MEBIBYTE = 1024 ** 2;
/** What a K3s start uses at most is a third of it (361 MiB, measured on v1.36.3). */
export const SANDBOX_MEMORY = 1024 * MEBIBYTE;

/** What a rehearsal needs of the machine. `memory`: bytes that must be available. */
export function lacking({ preconditions }: Inventory, memory: number): Hindrance | null {
  const facts = preconditions.rehearsal;
  if (facts === undefined) return { why: 'certagent has not seen whether this node has a sandbox' };
  const { unsupported, availableMemory, freeBytes, copyBytes } = facts;
  if (unsupported !== null) return { why: unsupported };
  if (availableMemory !== null && availableMemory < memory)
    return { why: `${mebibytes(availableMemory)} of memory are available, and it needs ${mebibytes(memory)}` };
  if (freeBytes !== null && freeBytes < 3 * copyBytes)
    return {
      why: `${mebibytes(freeBytes)} of the disk are free, and three times the copy is ${mebibytes(3 * copyBytes)}`,
    };
  return null;
}

export function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / MEBIBYTE)} MiB`;
}

/** The CAs among the files that are copied, as they were observed, and those that are missing. */
export function authoritiesOf({ certificates, preconditions, node }: Inventory): RehearsedAuthority[] {
  const known = certificates.flatMap(({ owner, place, certificate }) =>
    owner === 'cluster-ca' && place.index === 0 && place.path.startsWith(`${node.paths.certificatesDir}/`)
      ? [{ path: place.path, keyPath: keyOf(place.path), fingerprint: certificate.fingerprint }]
      : [],
  );
  const lost = preconditions.hazards.filter(({ code }) => code === 'ca-missing' || code === 'ca-key-missing');
  const missing = lost.map(({ path }) => ({
    path: path.replace(/\.key$/, '.crt'),
    keyPath: keyOf(path),
    fingerprint: null,
  }));
  return [...known, ...missing.filter(({ path }) => known.every((one) => one.path !== path))].map((one) => ({
    ...one,
    mustBeRestored: lost.some(({ path }) => path === one.path || path === one.keyPath),
  }));
}

const keyOf = (path: string): string => path.replace(/\.crt$/, '.key');
