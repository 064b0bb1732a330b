import { rulesOfNode } from '../distributions/index.ts';
import type { Certificate } from '../model/certificate.ts';
import type { NodeFacts, ObservedCertificate } from '../model/inventory.ts';

/**
 * What a successor of a certificate must have. What the CA has added to the certificate is not required of the next one, else nobody could
 * leave it out again: only the usages that the node's tool would give it, and of names those of a server.
 */
export function requiredOf(
  { id, certificate }: Pick<ObservedCertificate, 'id' | 'certificate'>,
  node: NodeFacts,
): Pick<Certificate, 'sans' | 'usages'> {
  const given = rulesOfNode(node)?.install?.usages(id) ?? null;
  const usages = certificate.usages.filter((usage) => given?.includes(usage) === true);
  if (usages.length === 0) return { sans: certificate.sans, usages: certificate.usages };
  return { sans: usages.includes('serverAuth') ? certificate.sans : [], usages };
}
