import type { Issuance, ObservedCertificate } from '../domain/model/inventory.ts';
import { pathTo } from '../host/chain.ts';
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
    if (signer !== undefined) return verdict('signed', signer);
    return throughOthers(one, all, expected) ?? verdict('not-signed', expected[0]!);
  }
  if (one.certificate.subject === one.certificate.issuer && isSignedBy(one.der, one.der))
    return { ca: null, state: 'self-signed', caNotAfter: null };
  const candidates = (authorities.get(one.certificate.issuer) ?? []).filter((ca) => ca !== one);
  const signer = candidates.find((ca) => isSignedBy(one.der, ca.der));
  if (signer !== undefined) return verdict('signed', signer);
  const known = candidates.find(({ owner }) => owner === 'cluster-ca');
  return known === undefined ? { ca: null, state: 'unknown', caNotAfter: null } : verdict('not-signed', known);
}

/**
 * Signed through intermediate CAs that follow it in its file, as a CA elsewhere can do it; kubeadm would write a certificate without them. It
 * is valid as long as all of them.
 */
function throughOthers(one: ReadCertificate, all: ReadCertificate[], expected: ReadCertificate[]): Issuance | null {
  if (one.owner !== 'external-ca') return null;
  const behind = all.filter((other) => isBehind(other, one));
  for (const ca of expected) {
    const path = pathTo([one.der, ...behind.map(({ der }) => der)], ca.der);
    if (path === null) continue;
    const used = behind.filter(({ der }) => path.includes(der));
    const ends = [ca, ...used].map(({ certificate }) => certificate.notAfter);
    return { ...verdict('signed', ca), caNotAfter: Math.min(...ends) };
  }
  return null;
}

function isBehind({ place }: ReadCertificate, { place: first }: ReadCertificate): boolean {
  const isOfUser = place.kind !== 'kubeconfig' || place.entry === 'user';
  return place.path === first.path && place.index > first.index && isOfUser;
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
