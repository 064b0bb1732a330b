import type { Inventory, ObservedCertificate } from '../model/inventory.ts';
import type { SigningRequest } from '../model/signing-request.ts';

/** Requests that wait for certificates that are still of a CA elsewhere. */
export function externalRequests({
  requests = [],
  certificates,
}: Pick<Inventory, 'requests' | 'certificates'>): SigningRequest[] {
  return requests.filter((request) => certificates.some((observed) => isFor(request, observed)));
}

/** Whether the request is for this certificate. */
export function isFor({ id }: SigningRequest, observed: Pick<ObservedCertificate, 'id' | 'owner'>): boolean {
  return observed.id === id && observed.owner === 'external-ca';
}
