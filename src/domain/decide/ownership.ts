import { type Distribution, isDistribution } from '../distributions/names.ts';
import type { ObservedCertificate } from '../model/inventory.ts';

/** Whether the tool of a distribution renews it: kubeadm's command, or a restart of the unit. */
export function isToolOwned<T extends Pick<ObservedCertificate, 'owner'>>(
  observed: T,
): observed is T & { owner: Distribution } {
  return isDistribution(observed.owner);
}

type Kubelets = Pick<ObservedCertificate, 'owner' | 'place' | 'certificate'>;

/** A serving certificate that the kubelet signed itself, with a CA that it forgot: nothing replaces it. */
export function isSelfMade(observed: Kubelets): boolean {
  const { usages } = observed.certificate;
  return (
    observed.owner === 'kubelet' &&
    !isRotatedByKubelet(observed) &&
    usages.includes('serverAuth') &&
    !usages.includes('clientAuth')
  );
}

/** What the kubelet shows to the API server. */
export function isKubeletClient(observed: Kubelets): boolean {
  return observed.owner === 'kubelet' && isLeaf(observed) && observed.certificate.usages.includes('clientAuth');
}

/**
 * A certificate of the kubelet, on a node that has not the key of its CA: the kubelet asks for a new one, and the cluster's own signer
 * signs none (kubeadm gives its controller-manager no key then).
 */
export function isSignedElsewhere({ owner, issuance: { ca } }: Issued, certificates: readonly Issued[]): boolean {
  return (
    owner === 'kubelet' &&
    ca !== null &&
    certificates.some((other) => other.owner === 'external-ca' && other.issuance.ca === ca)
  );
}

type Issued = Pick<ObservedCertificate, 'owner' | 'issuance'>;

/** What the kubelet rotates is in `…-current.pem` (client-go's certificate store). */
export function isRotatedByKubelet({ owner, place }: Omit<Kubelets, 'certificate'>): boolean {
  return owner === 'kubelet' && place.kind === 'pem' && place.path.endsWith('-current.pem');
}

/** The certificate itself: neither a CA stored behind it nor the CA of a kubeconfig's cluster entry. */
export function isLeaf({ place }: Pick<ObservedCertificate, 'place'>): boolean {
  return place.index === 0 && !(place.kind === 'kubeconfig' && place.entry === 'cluster');
}
