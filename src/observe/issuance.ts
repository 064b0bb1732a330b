import type { Issuance, ObservedCertificate } from '../domain/model/inventory.ts';
import { isSignedBy } from '../host/x509.ts';
import type { ReadCertificate } from './source.ts';

/**
 * Adds to each certificate which CA signed it, by verifying the signature and not by names: a look-alike CA has the same
 * name. Where the CA is known by kind (`ca`), that one must have signed; else any CA on the node of the issuer's name is tried.
 */
export function addIssuance(read: ReadCertificate[]): ObservedCertificate[] {
  const authorities = Map.groupBy(
    read.filter(({ certificate }) => certificate.isCa),
    ({ certificate }) => certificate.subject,
  );
  return read.map((one) => {
    const { der: _der, ca: _ca, ...observed } = one;
    return { ...observed, issuance: issuanceOf(one, read, authorities) };
  });
}

function issuanceOf(
  one: ReadCertificate,
  all: ReadCertificate[],
  authorities: Map<string, ReadCertificate[]>,
): Issuance {
  if (one.ca !== null) {
    const expected = filesOf(all, one.ca);
    if (expected.length === 0) return { ca: one.ca, state: 'ca-missing', caNotAfter: null };
    const signer = expected.find((ca) => isSignedBy(one.der, ca.der));
    return verdict(signer === undefined ? 'not-signed' : 'signed', signer ?? expected[0]!);
  }
  if (one.certificate.subject === one.certificate.issuer && isSignedBy(one.der, one.der))
    return { ca: null, state: 'self-signed', caNotAfter: null };
  const candidates = (authorities.get(one.certificate.issuer) ?? []).filter((ca) => ca !== one);
  const signer = candidates.find((ca) => isSignedBy(one.der, ca.der));
  if (signer !== undefined) return verdict('signed', signer);
  const known = candidates.find(({ owner }) => owner === 'cluster-ca');
  return known === undefined ? { ca: null, state: 'unknown', caNotAfter: null } : verdict('not-signed', known);
}

/** A CA file may hold the previous and the next CA while the cluster changes over. */
function filesOf(all: ReadCertificate[], id: string): ReadCertificate[] {
  return byFile(all).get(id) ?? [];
}

const indexes = new WeakMap<ReadCertificate[], Map<string, ReadCertificate[]>>();

function byFile(all: ReadCertificate[]): Map<string, ReadCertificate[]> {
  let index = indexes.get(all);
  if (index === undefined) {
    index = Map.groupBy(all, ({ id }) => id.replace(/#\d+$/, ''));
    indexes.set(all, index);
  }
  return index;
}

function verdict(state: 'signed' | 'not-signed', ca: ReadCertificate): Issuance {
  return { ca: ca.id, state, caNotAfter: ca.certificate.notAfter };
}
