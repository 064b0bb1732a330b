import { type CertificateCheck, escalate } from '../decide/certificate-check.ts';
import type { Inventory, ObservedCertificate } from '../model/inventory.ts';

export const kubeadmChecks: CertificateCheck[] = [
  {
    code: 'NOT_SIGNED_BY_CA',
    verdict: ({ observed }) =>
      isOfOtherCa(observed)
        ? escalate(
            'was not signed by the CA on this node',
            'Find out which CA is the right one: a renewal would change to the one on this node.',
          )
        : null,
  },
  {
    code: 'CA_ROTATION_UNDER_WAY',
    verdict: ({ observed, inventory }) => {
      const signer = secondCa(observed, inventory);
      return signer === null
        ? null
        : escalate(
            `was signed by ${signer.id}, which is not the first CA in ${signer.place.path}: a rotation of the CA is under way`,
            finishRotation(signer),
          );
    },
  },
];

/** kubeadm would silently move the node to the CA that it finds. */
export function isOfOtherCa({ owner, issuance }: ObservedCertificate): boolean {
  return owner === 'kubeadm' && issuance.state === 'not-signed';
}

/**
 * The CA that signed it, where that is not the first of its file; else null. kubeadm signs with the first one
 * (`TryLoadCertFromDisk` in its pkiutil): a renewal would move the node to a CA that its kubelet may not trust yet.
 */
export function secondCa(
  { owner, issuance }: ObservedCertificate,
  { certificates }: Inventory,
): ObservedCertificate | null {
  if (owner !== 'kubeadm' || issuance.state !== 'signed') return null;
  return certificates.find(({ id, place }) => id === issuance.ca && place.index > 0) ?? null;
}

export function finishRotation({ place }: ObservedCertificate): string {
  return `Finish the rotation: when all nodes and clients trust the first CA in ${place.path}, renew by hand (kubeadm certs renew all) and restart the control plane; or put the CA in use first again, with its key.`;
}
