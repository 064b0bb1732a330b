import { type Distribution, isDistribution } from '../distributions/names.ts';
import type { ObservedCertificate } from '../model/inventory.ts';

/** Whether the tool of a distribution renews it: kubeadm's command, or a restart of the unit. */
export function isToolOwned<T extends Pick<ObservedCertificate, 'owner'>>(
  observed: T,
): observed is T & { owner: Distribution } {
  return isDistribution(observed.owner);
}

/**
 * A serving certificate that the kubelet signed itself, with a CA that it forgot: nothing replaces it. The kubelet keeps
 * those that it rotates in `…-current.pem` (client-go's certificate store).
 */
export function isSelfMade({
  owner,
  place,
  certificate,
}: Pick<ObservedCertificate, 'owner' | 'place' | 'certificate'>) {
  return (
    owner === 'kubelet' &&
    place.kind === 'pem' &&
    !place.path.endsWith('-current.pem') &&
    certificate.usages.includes('serverAuth') &&
    !certificate.usages.includes('clientAuth')
  );
}

/** The certificate itself: neither a CA stored behind it nor the CA of a kubeconfig's cluster entry. */
export function isLeaf({ place }: Pick<ObservedCertificate, 'place'>): boolean {
  return place.index === 0 && !(place.kind === 'kubeconfig' && place.entry === 'cluster');
}
