import type { Inventory, ObservedCertificate } from '../model/inventory.ts';
import type { SigningRequest } from '../model/signing-request.ts';
import { missingNames } from '../names/api-server-names.ts';
import { has, shownSan } from '../names/san.ts';
import { whyOutdated } from './external-requests.ts';

/** Names that a request adds to those of the certificate: what the API server's certificate lacks, where the operator wants it added. */
export function addedToRequest({ id }: Pick<ObservedCertificate, 'id'>, inventory: Inventory, sans: boolean): string[] {
  const missing = sans ? missingNames(inventory).find(({ observed }) => observed.id === id) : undefined;
  return (missing?.names ?? []).map(({ san }) => san);
}

/** Why a request that waits is no longer what the node needs, in words that follow "a request that"; null: it is. */
export function whyStale(
  request: SigningRequest,
  observed: ObservedCertificate,
  inventory: Inventory,
  sans: boolean,
): string | null {
  const lacks = addedToRequest(observed, inventory, sans).filter((san) => !has(request.sans, san));
  const why = whyOutdated(request, observed, inventory.node);
  if (why !== null || lacks.length === 0) return why;
  return `lacks ${lacks.map(shownSan).join(', ')}, which renew.sans adds: make a new one, certagent csr --new ${request.id}`;
}
