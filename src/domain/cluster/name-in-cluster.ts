import { rulesOfNode } from '../distributions/index.ts';
import type { NodeFacts, ObservedCertificate } from '../model/inventory.ts';

const OF_NODE = 'system:node:';

/** The name of this node's Node: that in the kubelet's client certificate, expired or not. null: there is none that can be read. */
export function nameInCluster(
  node: Pick<NodeFacts, 'distribution'>,
  certificates: Pick<ObservedCertificate, 'id' | 'certificate'>[],
): string | null {
  const named = rulesOfNode(node)?.kubeletCertificates ?? [];
  const names = certificates.flatMap(({ id, certificate }) =>
    named.includes(id) ? (certificate.commonName ?? []) : [],
  );
  return names.find((name) => name.startsWith(OF_NODE))?.slice(OF_NODE.length) ?? null;
}
