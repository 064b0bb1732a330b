import { rulesOfNode } from '../distributions/index.ts';
import type { NodeFacts, ObservedCertificate } from '../model/inventory.ts';
import type { DecideRequest } from './certificate-check.ts';

/** Whether a person named this certificate. */
export function isNamed({ id }: Pick<ObservedCertificate, 'id'>, request: DecideRequest): boolean {
  return request.kind === 'manual' && request.only?.includes(id) === true;
}

/** Whether only what a person named is renewed: not where a restart renews everything that is due. */
export function isLimited(request: DecideRequest, node: Pick<NodeFacts, 'distribution'>): boolean {
  return request.kind === 'manual' && request.only !== undefined && rulesOfNode(node)?.renewsSingly === true;
}
