import { isSameHolder } from '../distributions/same-holder.ts';
import { lostSans } from '../model/certificate.ts';
import type { Inventory, NodeFacts, ObservedCertificate } from '../model/inventory.ts';
import type { SigningRequest } from '../model/signing-request.ts';
import { requiredOf } from './required.ts';

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

/**
 * Why the answer to a request could not take the place of the certificate, because that has been replaced since, in words that follow "a
 * request that"; null: it could.
 */
export function whyOutdated(
  request: SigningRequest,
  observed: Pick<ObservedCertificate, 'id' | 'certificate'>,
  node: NodeFacts,
): string | null {
  const { subject } = observed.certificate;
  const required = requiredOf(observed, node);
  const usages = required.usages.filter((usage) => !request.usages.includes(usage));
  if (!isSameHolder(observed.certificate, request))
    return `is for "${request.subject}", while the present certificate is for "${subject}": ${anew(request)}`;
  const lacking = [...lostSans(required, request), ...usages];
  if (lacking.length === 0) return null;
  return `lacks ${lacking.join(', ')}, which the present certificate has: ${anew(request)}`;
}

const anew = ({ id }: SigningRequest): string => `make a new one, certagent csr --new ${id}`;
