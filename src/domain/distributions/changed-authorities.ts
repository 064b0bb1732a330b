import { isLeaf } from '../decide/ownership.ts';
import type { Instant } from '../model/certificate.ts';
import type { Hazard, ObservedCertificate } from '../model/inventory.ts';

/**
 * CA files of K3s or RKE2 that were replaced while the unit ran, and that have signed nothing of what it uses: its start would
 * refuse them ("newer than datastore and could cause a cluster outage"; measured on v1.36.3). One that is older than the
 * start is overwritten from the datastore, and does no harm.
 */
export function changedAuthorities(certificates: ObservedCertificate[], activeSince: Instant | null): Hazard[] {
  if (activeSince === null) return [];
  return certificates.filter(isOfServer).flatMap(({ id, place, file }) => {
    const signed = certificates.filter((one) => isLeaf(one) && one.issuance.ca === id);
    const isForeign = signed.length > 0 && signed.every(({ issuance }) => issuance.state === 'not-signed');
    if (!isForeign || file.modifiedAt <= activeSince) return [];
    const detail = 'was replaced while the unit ran, and has signed none of the certificates in use';
    return [{ code: 'ca-changed' as const, path: place.path, detail }];
  });
}

/** An agent's copies are fetched at every start. */
function isOfServer({ owner, place }: ObservedCertificate): boolean {
  return owner === 'cluster-ca' && place.kind === 'pem' && place.index === 0 && place.path.includes('/server/tls/');
}
