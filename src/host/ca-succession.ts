import type { Certificate } from '../domain/model/certificate.ts';
import { isSignedBy, parseCertificate } from './x509.ts';

type Ca = { pem: string; certificate: Certificate };

/**
 * Whether the CA of a file is one of the previous file's, or one that they have signed, perhaps through others in the new
 * file: `k3s certificate rotate-ca` takes a chain of a new CA, its new root, that root signed by the previous one, and the
 * previous one. Both are PEM certificates in the order of their files; the first of a file is the CA that signs.
 */
export function isSuccessor(next: string[], previous: string[]): boolean {
  const [now, before] = [readable(next), readable(previous)];
  const [first] = now;
  if (first === undefined || first.pem !== next[0]) return false;
  const seen = new Set<Ca>();
  const open = twinsOf(first, now);
  for (const ca of open) {
    if (seen.has(ca)) continue;
    seen.add(ca);
    if (before.some((old) => old.certificate.fingerprint === ca.certificate.fingerprint || hasSigned(old, ca)))
      return true;
    for (const signer of now) if (hasSigned(signer, ca)) open.push(...twinsOf(signer, now));
  }
  return false;
}

function readable(texts: string[]): Ca[] {
  return texts.flatMap((pem) => {
    try {
      return [{ pem, certificate: parseCertificate(pem) }];
    } catch {
      return [];
    }
  });
}

/** One CA can have several certificates: signed by itself, and by another. */
function twinsOf({ certificate }: Ca, all: Ca[]): Ca[] {
  return all.filter(
    (other) =>
      other.certificate.publicKey === certificate.publicKey && other.certificate.subject === certificate.subject,
  );
}

function hasSigned(ca: Ca, other: Ca): boolean {
  return ca.certificate.isCa && isSignedBy(other.pem, ca.pem);
}
