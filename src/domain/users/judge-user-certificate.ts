import type { Certificate, Instant } from '../model/certificate.ts';
import type { UserRequest } from '../model/user-certificate.ts';
import { day } from '../time/day.ts';
import { MINUTE } from '../time/duration.ts';

/** The clock of the signer may be ahead of this node's by so much, and it may round. */
const SKEW = 5 * MINUTE;

export type SignedCertificate = {
  certificate: Certificate;
  /** When the client CA of this node that has signed it expires; null: none has. */
  caNotAfter: Instant | null;
};

/** Why what the cluster has signed is not given to the user; null: it is what was asked for. `present`: what it replaces. */
export function whyNotAccepted(
  { user, groups, expires, publicKey }: Pick<UserRequest, 'user' | 'groups' | 'expires' | 'publicKey'>,
  { certificate, caNotAfter }: SignedCertificate,
  { present, now }: { present: Pick<Certificate, 'notAfter'> | null; now: Instant },
): string | null {
  const { commonName, organizations, notAfter, notBefore, usages, sans } = certificate;
  if (certificate.publicKey !== publicKey) return 'has another key than the request';
  if (certificate.isCa) return 'is a CA certificate';
  if (caNotAfter === null) return `was signed by "${certificate.issuer}", and not by a client CA of this node`;
  if (commonName !== user) return `is for the user ${JSON.stringify(commonName)}, and not for ${user}`;
  if (!isSame(organizations, groups))
    return `has the groups ${JSON.stringify(organizations)}, and not ${JSON.stringify(groups)}`;
  if (!isSame(usages, ['clientAuth'])) return `has the extended key usages ${JSON.stringify(usages)}`;
  if (sans.length > 0) return `has names that were not asked for: ${sans.join(', ')}`;
  if (notBefore > now + SKEW) return `is not valid before ${day(notBefore)}`;
  if (notAfter <= now) return `expired on ${day(notAfter)}`;
  if (notAfter > now + expires + SKEW) return `expires on ${day(notAfter)}, later than was asked for`;
  if (notAfter > caNotAfter) return `expires on ${day(notAfter)}, after its CA on ${day(caNotAfter)}`;
  if (present !== null && notAfter <= present.notAfter)
    return `expires on ${day(notAfter)}, and the present one on ${day(present.notAfter)}: the signer of the cluster shortens it (--cluster-signing-duration)`;
  return null;
}

/** In any order. */
export function isSame(a: readonly string[], b: readonly string[]): boolean {
  return JSON.stringify([...a].sort()) === JSON.stringify([...b].sort());
}
