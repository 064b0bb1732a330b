import { didYouMean } from '../config/nearest.ts';
import type { DecideRequest } from '../domain/decide/certificate-check.ts';
import { refuseName } from '../domain/decide/refuse-name.ts';
import { CertagentError } from '../domain/model/errors.ts';
import type { Inventory } from '../domain/model/inventory.ts';
import { decideOn, type Observed, type View } from './view.ts';

/**
 * As `decideOn`. Throws CertagentError CERTIFICATE_UNKNOWN or CERTIFICATE_NOT_RENEWED where a person named a certificate that this
 * node's tool does not renew: renewing the others would not be what was asked for.
 */
export function decideAsked(observed: Observed, request: DecideRequest): View {
  const view = decideOn(observed, request);
  if (request.kind === 'schedule' || request.only === undefined) return view;
  const { inventory, decisions } = view;
  for (const name of request.only) {
    const refusal = refuseName(name, { inventory, decisions, force: request.force, now: inventory.takenAt });
    if (refusal === null) continue;
    if (refusal.code === 'CERTIFICATE_UNKNOWN') throw unknownCertificate(name, inventory);
    throw new CertagentError(refusal.code, refusal.why, { remedy: refusal.remedy });
  }
  return view;
}

export function unknownCertificate(name: string, { certificates }: Pick<Inventory, 'certificates'>): CertagentError {
  const ids = certificates.map(({ id }) => id);
  return new CertagentError('CERTIFICATE_UNKNOWN', `this node has no certificate ${name}${didYouMean(name, ids)}`);
}
